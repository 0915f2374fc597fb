#include "pipeline/run_key.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <random>
#include <string_view>
#include <system_error>

#include "fovea/error.hpp"
#include "pipeline/file_descriptor.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigits = 64;
constexpr std::string_view kHexDigits = "0123456789abcdef";

void write_key(const fs::path& file, const std::string& key) {
  const FileDescriptor fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  const std::string line = key + "\n";
  if (fd.is_open() && ::write(fd.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size())) return;
  const std::string reason = std::strerror(errno);
  if (fd.is_open()) ::unlink(file.c_str());
  throw Error(ErrorCode::io, "cannot write " + file.native() + ", the secret of new UIDs: " + reason);
}

}  // namespace

fs::path run_key_file(const fs::path& folder) { return folder.native() + ".key"; }

std::string make_run_key() {
  std::random_device random;  // getrandom() or the like
  std::uniform_int_distribution<std::size_t> digit(0, kHexDigits.size() - 1);
  std::string key;
  while (key.size() < kDigits) key += kHexDigits[digit(random)];
  return key;
}

std::string read_or_make_run_key(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(file, error))) {
    std::string key = make_run_key();
    write_key(file, key);
    return key;
  }
  std::string key;
  std::ifstream in(file);
  if (!std::getline(in, key) && !in.eof()) throw Error(ErrorCode::io, "cannot read " + file.native());
  if (key.size() != kDigits || key.find_first_not_of(kHexDigits) != std::string::npos) {
    throw Error(ErrorCode::usage, file.native() + " does not hold the secret of a run, " + std::to_string(kDigits) +
                                      " hex digits; move it away, or choose another output");
  }
  return key;
}

}  // namespace fovea::pipeline
