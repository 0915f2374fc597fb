/// @file One line of a captions file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/run_record.hpp"

namespace fovea::pipeline {

/// What every captions file begins with.
inline constexpr std::string_view kCaptionFileStart = kRecordFileStart;

/// A caption that was not the best.
struct AlternativeCaption {
  std::string caption;
  double log_prob = 0;
};

/// The record of one frame. Fields that an error leaves unknown are empty here and null in the file.
struct CaptionRecord : RunRecord {
  std::optional<std::string> caption;
  std::optional<double> log_prob;
  std::vector<AlternativeCaption> alternatives;
  std::optional<int> width;        ///< px, after the orientation was applied
  std::optional<int> height;       ///< px, after the orientation was applied
  std::optional<int> orientation;  ///< EXIF, 1 to 8
};

/// The record as a line of JSON, without the line end. Log-probabilities are written with 4 decimals.
std::string to_json_line(const CaptionRecord& record);

/// @throws Error: corrupt, saying what is missing or wrong.
CaptionRecord parse_caption_record(std::string_view line);

/// Captions files as files of records.
extern const RecordKind kCaptionRecords;

}  // namespace fovea::pipeline
