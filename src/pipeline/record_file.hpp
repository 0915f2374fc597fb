/// @file The file of a run's records.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "pipeline/caption_record.hpp"
#include "pipeline/file_descriptor.hpp"
#include "pipeline/output_lock.hpp"
#include "pipeline/record_index.hpp"
#include "pipeline/run_record.hpp"

namespace fovea::pipeline {

/// Where an output really lies: symbolic links resolved, whether it is there yet or not.
/// @throws Error: usage when it is a folder or no regular file.
std::filesystem::path resolve_output(const std::filesystem::path& output);

/// A file of records that this process alone may write. A record is there as a whole line or not at all, and as soon as
/// append() returns it outlives the process.
class RecordFile {
 public:
  /// Makes the folder when needed, locks the file and opens it for writing; changes nothing that is in it.
  /// @param path as resolve_output() gives it
  /// @throws Error: io (not writable, or another run holds the lock), usage (a file of another kind).
  explicit RecordFile(const std::filesystem::path& path, const RecordKind& kind = kCaptionRecords);
  /// Leaves no empty file behind that was not there before.
  ~RecordFile();
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

  /// Goes on behind the records of `index`: cuts off a torn last line.
  /// @throws Error: io.
  void resume_after(const RecordIndex& index);
  /// Starts over: forgets all records.
  /// @throws Error: io.
  void clear();
  /// @throws Error: io; the file then ends with the record before.
  template <typename Record>
  void append(const Record& record) {
    append_line(to_json_line(record));
  }

 private:
  void append_line(std::string line);
  void truncate(std::uint64_t bytes);

  std::filesystem::path path_;
  OutputLock lock_;
  FileDescriptor fd_;
  bool created_ = false;
  std::uint64_t bytes_ = 0;
};

}  // namespace fovea::pipeline
