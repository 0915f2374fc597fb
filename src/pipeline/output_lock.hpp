/// @file One writer at a time.
#pragma once

#include <filesystem>

#include "pipeline/file_descriptor.hpp"

namespace fovea::pipeline {

/// Holds a lock on an output for as long as it lives. The lock is the kernel's, on the file `OUTPUT.lock`, so it ends
/// with its process however that dies; a lock file that was left behind locks nothing.
class OutputLock {
 public:
  /// @throws Error: io when another process holds the lock, or the lock file cannot be made.
  explicit OutputLock(const std::filesystem::path& output);
  /// Removes the lock file.
  ~OutputLock();
  OutputLock(const OutputLock&) = delete;
  OutputLock& operator=(const OutputLock&) = delete;

 private:
  std::filesystem::path path_;
  FileDescriptor fd_;
};

}  // namespace fovea::pipeline
