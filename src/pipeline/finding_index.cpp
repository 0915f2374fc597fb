#include "pipeline/finding_index.hpp"

#include <algorithm>
#include <string_view>

#include "pipeline/finding_record.hpp"
#include "pipeline/record_scan.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;

/// What is written never leaves OUT, whatever a findings file says.
bool is_below(const std::string& folder) {
  const fs::path path(folder);
  return !folder.empty() && path.is_relative() && std::find(path.begin(), path.end(), "..") == path.end();
}

/// Of all frames of an input: the folder of a frame is one below it.
std::string input_folder(const FindingRecord& record) {
  return record.frame_count > 1 ? fs::path(record.folder).parent_path().native() : record.folder;
}

}  // namespace

FindingIndex::FindingIndex(const fs::path& findings) : records_(findings, kFindingRecords) {
  scan_lines(findings, kFindingRecords, [&](std::string_view line, std::uint64_t offset) {
    const FindingRecord record = parse_finding_record(line);
    Latest& latest = latest_[record_key(record.input, record.frame, "")];
    latest = {.offset = offset, .files = {}};
    for (const auto& [key, path] : record.files) latest.files.written.add(key);
    for (const auto& [key, why] : record.refused) latest.files.refused.add(key);
    const std::string folder = input_folder(record);
    if (is_below(folder)) folders_[record.input] = folder;
  });
}

std::optional<FindingIndex::Files> FindingIndex::files(const std::string& input, int frame,
                                                       const RecordIndex::Entry& entry) const {
  const auto found = latest_.find(record_key(input, frame, ""));
  if (found == latest_.end() || found->second.offset != entry.offset) return std::nullopt;
  return found->second.files;
}

}  // namespace fovea::pipeline
