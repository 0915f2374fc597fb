/// @file Reading files of records line by line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>

#include "pipeline/caption_record.hpp"
#include "pipeline/run_record.hpp"

namespace fovea::pipeline {

/// Refuses a file that somebody else made, before anything in it is cut off or overwritten.
/// @throws Error: usage, io.
void check_is_record_file(const std::filesystem::path& path, const RecordKind& kind);

/// Calls `visit` with each line, without its end, and its offset in bytes. A file that is not there has none.
/// @param visit throws Error: corrupt for a line that is broken
/// @returns bytes up to the end of the last whole line; what follows is a torn line
/// @throws Error: usage (no such record file), corrupt (a broken line, named by its number), io.
std::uint64_t scan_lines(const std::filesystem::path& path, const RecordKind& kind,
                         const std::function<void(std::string_view line, std::uint64_t offset)>& visit);

/// The same of a captions file, with each record.
std::uint64_t scan_records(const std::filesystem::path& path,
                           const std::function<void(const CaptionRecord&, std::uint64_t offset)>& visit);

/// Reads single records of a file.
class RecordReader {
 public:
  /// @throws Error: io.
  explicit RecordReader(const std::filesystem::path& path);
  /// The line that begins at `offset`.
  /// @throws Error: corrupt.
  std::string line(std::uint64_t offset);
  /// The record of a captions file that begins at `offset`.
  /// @throws Error: corrupt.
  CaptionRecord read(std::uint64_t offset) { return parse_caption_record(line(offset)); }

 private:
  std::filesystem::path path_;
  std::ifstream file_;
};

}  // namespace fovea::pipeline
