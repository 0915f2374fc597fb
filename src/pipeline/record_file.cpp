#include "pipeline/record_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "fovea/error.hpp"
#include "pipeline/record_scan.hpp"

namespace fovea::pipeline {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const fs::path& path, const std::string& reason) {
  throw Error(ErrorCode::io, "cannot write to " + path.native() + ": " + reason);
}

/// Makes the folder that the file goes to, and gives back the file's path.
const fs::path& with_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) fail(path, "its folder cannot be made: " + error.message());
  return path;
}

}  // namespace

fs::path resolve_output(const fs::path& output) {
  std::error_code error;
  fs::path path = fs::weakly_canonical(fs::absolute(output), error);
  // What is left now is a link to a file that is not there yet: the file is going to be made where the link points.
  for (int links = 0; !error && fs::is_symlink(path, error) && links < 40; ++links) {
    path = fs::weakly_canonical(path.parent_path() / fs::read_symlink(path, error), error);
  }
  if (error && error != std::errc::no_such_file_or_directory) fail(output, error.message());
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    throw Error(ErrorCode::usage, "output = " + output.native() + " is " +
                                      (fs::is_directory(status) ? "a folder" : "not a regular file") +
                                      "; expected a file such as captions.jsonl");
  }
  if (!path.has_filename()) {
    throw Error(ErrorCode::usage, "output = " + output.native() + " names a folder; expected a file in it");
  }
  return path;
}

RecordFile::RecordFile(const fs::path& path, const RecordKind& kind) : path_(path), lock_(with_folder(path)) {
  created_ = ::access(path.c_str(), F_OK) != 0;
  fd_ = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!fd_.is_open()) fail(path, std::strerror(errno));
  check_is_record_file(path, kind);
}

RecordFile::~RecordFile() {
  if (created_ && bytes_ == 0) ::unlink(path_.c_str());
}

void RecordFile::truncate(std::uint64_t bytes) {
  if (::ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0) fail(path_, std::strerror(errno));
  bytes_ = bytes;
}

void RecordFile::resume_after(const RecordIndex& index) { truncate(index.whole_bytes()); }

void RecordFile::clear() { truncate(0); }

void RecordFile::append_line(std::string line) {
  line += '\n';
  std::size_t written = 0;
  while (written < line.size()) {
    const ssize_t count = ::write(fd_.get(), line.data() + written, line.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const std::string reason = count < 0 ? std::strerror(errno) : "nothing was written";
      truncate(bytes_);
      fail(path_, reason);
    }
    written += static_cast<std::size_t>(count);
  }
  bytes_ += line.size();
}

}  // namespace fovea::pipeline
