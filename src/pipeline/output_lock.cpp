#include "pipeline/output_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "fovea/error.hpp"

namespace fovea::pipeline {
namespace {

/// Whether `fd` is still the file that `path` names: its last holder may have removed it before we got the lock.
bool is_still_at(int fd, const std::filesystem::path& path) {
  struct stat held {};
  struct stat named {};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_dev == named.st_dev &&
         held.st_ino == named.st_ino;
}

std::string read_process_id(int fd) {
  std::array<char, 20> text{};
  const ssize_t length = ::pread(fd, text.data(), text.size(), 0);
  return length > 0 ? " (process " + std::string(text.data(), static_cast<std::size_t>(length)) + ")" : "";
}

}  // namespace

OutputLock::OutputLock(const std::filesystem::path& output) : path_(output.native() + ".lock") {
  do {
    fd_ = FileDescriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd_.is_open()) {
      throw Error(ErrorCode::io, "cannot write to " + output.native() + ": its lock file " + path_.native() +
                                     " cannot be made: " + std::strerror(errno));
    }
    int result = 0;
    do {
      result = ::flock(fd_.get(), LOCK_EX | LOCK_NB);
    } while (result != 0 && errno == EINTR);
    if (result != 0 && errno == EWOULDBLOCK) {
      throw Error(ErrorCode::io, "another run" + read_process_id(fd_.get()) + " is writing to " + output.native() +
                                     "; wait for it to end, or choose another output");
    }
    if (result != 0) {
      throw Error(ErrorCode::io, "cannot lock " + path_.native() + ": " + std::strerror(errno));
    }
  } while (!is_still_at(fd_.get(), path_));

  // The number serves the message above only, so that it does not matter when it cannot be written.
  const std::string id = std::to_string(::getpid());
  if (::ftruncate(fd_.get(), 0) != 0 || ::pwrite(fd_.get(), id.data(), id.size(), 0) < 0) return;
}

OutputLock::~OutputLock() { ::unlink(path_.c_str()); }  // before the lock itself goes, with fd_

}  // namespace fovea::pipeline
