/// @file One line of a captions file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::pipeline {

/// What every captions file begins with; tells it from any other file.
inline constexpr std::string_view kCaptionFileStart = R"({"version":)";

/// A caption that was not the best.
struct AlternativeCaption {
  std::string caption;
  double log_prob = 0;
};

/// Why an input has no caption.
struct RecordError {
  std::string code;  ///< a name of to_string(ErrorCode)
  std::string message;
};

/// The record of one frame. Fields that an error leaves unknown are empty here and null in the file.
struct CaptionRecord {
  std::string version;  ///< of the program that wrote it
  std::string input;    ///< relative to the record file, escaped (path_text.hpp)
  int frame = 1;        ///< counts from 1
  std::string input_sha256;
  std::optional<std::string> caption;
  std::optional<double> log_prob;
  std::vector<AlternativeCaption> alternatives;
  std::optional<int> width;        ///< px, after the orientation was applied
  std::optional<int> height;       ///< px, after the orientation was applied
  std::optional<int> orientation;  ///< EXIF, 1 to 8
  std::string model;
  std::string model_sha256;
  std::string options_sha256;
  std::optional<RecordError> error;  ///< there: the status is "error"

  bool ok() const noexcept { return !error.has_value(); }
};

/// The record as a line of JSON, without the line end. Log-probabilities are written with 4 decimals.
std::string to_json_line(const CaptionRecord& record);

/// @throws Error: corrupt, saying what is missing or wrong.
CaptionRecord parse_caption_record(std::string_view line);

}  // namespace fovea::pipeline
