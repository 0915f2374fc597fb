/// @file Reading captions files line by line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>

#include "pipeline/caption_record.hpp"

namespace fovea::pipeline {

/// Refuses a file that somebody else made, before anything in it is cut off or overwritten.
/// @throws Error: usage, io.
void check_is_captions_file(const std::filesystem::path& path);

/// Calls `visit` with each record and its offset in bytes. A file that is not there has no records.
/// @returns bytes up to the end of the last whole line; what follows is a torn line
/// @throws Error: usage (not a captions file), corrupt (a broken line, named by its number), io.
std::uint64_t scan_records(const std::filesystem::path& path,
                           const std::function<void(const CaptionRecord&, std::uint64_t offset)>& visit);

/// Reads single records of a file.
class RecordReader {
 public:
  /// @throws Error: io.
  explicit RecordReader(const std::filesystem::path& path);
  /// The record that begins at `offset`.
  /// @throws Error: corrupt.
  CaptionRecord read(std::uint64_t offset);

 private:
  std::filesystem::path path_;
  std::ifstream file_;
};

}  // namespace fovea::pipeline
