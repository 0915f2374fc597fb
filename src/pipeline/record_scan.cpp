#include "pipeline/record_scan.hpp"

#include <array>
#include <cstddef>
#include <string>

#include "fovea/error.hpp"

namespace fovea::pipeline {

void check_is_record_file(const std::filesystem::path& path, const RecordKind& kind) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorCode::io, "cannot read " + path.native());
  std::array<char, kRecordFileStart.size()> start{};
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  const std::string_view found(start.data(), static_cast<std::size_t>(file.gcount()));
  if (!kRecordFileStart.starts_with(found)) {
    throw Error(ErrorCode::usage, path.native() + " is not " + std::string(kind.file) +
                                      ", since it does not begin with " + std::string(kRecordFileStart) +
                                      "; choose another output");
  }
}

std::uint64_t scan_lines(const std::filesystem::path& path, const RecordKind& kind,
                         const std::function<void(std::string_view line, std::uint64_t offset)>& visit) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return 0;
  check_is_record_file(path, kind);
  std::ifstream file(path, std::ios::binary);
  std::uint64_t offset = 0;
  std::uint64_t number = 0;
  for (std::string line; std::getline(file, line); offset += line.size() + 1) {
    if (file.eof()) break;  // the last line has no end: it is torn
    ++number;
    try {
      visit(line, offset);
    } catch (const Error& e) {
      throw Error(ErrorCode::corrupt, path.native() + ": line " + std::to_string(number) + " is not " +
                                          std::string(kind.record) + " (" + e.what() +
                                          "); repair it, delete it, or choose another output");
    }
  }
  if (file.bad()) throw Error(ErrorCode::io, "cannot read " + path.native());
  return offset;
}

std::uint64_t scan_records(const std::filesystem::path& path,
                           const std::function<void(const CaptionRecord&, std::uint64_t offset)>& visit) {
  return scan_lines(path, kCaptionRecords,
                    [&](std::string_view line, std::uint64_t offset) { visit(parse_caption_record(line), offset); });
}

RecordReader::RecordReader(const std::filesystem::path& path) : path_(path), file_(path, std::ios::binary) {
  if (!file_) throw Error(ErrorCode::io, "cannot read " + path.native());
}

std::string RecordReader::line(std::uint64_t offset) {
  file_.clear();
  file_.seekg(static_cast<std::streamoff>(offset));
  std::string line;
  if (!std::getline(file_, line)) {
    throw Error(ErrorCode::corrupt, path_.native() + " has no record at byte " + std::to_string(offset));
  }
  return line;
}

}  // namespace fovea::pipeline
