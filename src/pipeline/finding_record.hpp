/// @file One findings.json, which is a line of findings.jsonl too.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fovea/highlighter.hpp"
#include "fovea/scan.hpp"
#include "pipeline/run_record.hpp"

namespace fovea::pipeline {

/// The record of one frame. What an error leaves unknown is empty here and null in the file.
struct FindingRecord : RunRecord {
  int frame_count = 1;             ///< of the input; 1 when it could not be read
  std::optional<Finding> finding;  ///< without its maps; of its caption, the text of the best hypothesis
  /// Which DICOM image it is; UIDs are empty where the file does not say.
  std::string study_uid{}, series_uid{}, sop_uid{};
  std::string spacing_source{};                            ///< attribute that millimetres go by; empty: there are none
  std::vector<std::string> notices{};                      ///< for people
  std::vector<std::pair<std::string, std::string>> files;  ///< names, and paths in the folder of the item
  /// Names of files that were wanted but cannot be made of this input, and why.
  std::vector<std::pair<std::string, std::string>> refused{};
  std::string folder{};       ///< of the item's files, below OUT
  bool input_is_path = true;  ///< false: `input` is a hash, which leads nowhere
};

/// The text of the first caption; empty where there is none.
std::string caption_text(const Finding& finding);

/// Fills what a DICOM file says of its frame.
void set_source(FindingRecord& record, const Scan& scan);

/// The record as a line of findings.jsonl, without the line end: paths lead from OUT.
std::string to_json_line(const FindingRecord& record);

/// The text of the item's findings.json: paths lead from the item's folder.
std::string to_json_file(const FindingRecord& record);

/// @param line of findings.jsonl
/// @throws Error: corrupt, saying what is missing or wrong.
FindingRecord parse_finding_record(std::string_view line);

/// Findings files as files of records.
extern const RecordKind kFindingRecords;

}  // namespace fovea::pipeline
