/// @file What the records of all runs have in common: one JSON object per line, one line per frame.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace fovea::pipeline {

/// What every file of records begins with; tells it from most other files.
inline constexpr std::string_view kRecordFileStart = R"({"version":)";

/// Why an input has no result.
struct RecordError {
  std::string code;  ///< a name of to_string(ErrorCode)
  std::string message;
};

/// The error that is being handled, as a record tells it.
RecordError current_error();

/// The fields that tell which frame a record is of, what made it and whether it went well.
struct RunRecord {
  std::string version;  ///< of the program that wrote it
  std::string input;    ///< relative to the record file, escaped (path_text.hpp)
  int frame = 1;        ///< counts from 1
  std::string input_sha256;
  std::string model;
  std::string model_sha256;
  std::string options_sha256;
  std::optional<RecordError> error;  ///< there: the status is "error"

  bool ok() const noexcept { return !error.has_value(); }
};

/// A kind of record files.
struct RecordKind {
  std::string_view record;   ///< for messages: "a caption record"
  std::string_view file;     ///< likewise: "a captions file"
  std::string_view results;  ///< likewise: "captions"
  /// Checks a whole line. @throws Error: corrupt, saying what is missing or wrong.
  RunRecord (*parse)(std::string_view line);
};

/// @throws Error: corrupt, and the exceptions of nlohmann::json.
void read_run_record(const nlohmann::ordered_json& json, RunRecord& record);

nlohmann::ordered_json error_json(const RunRecord& record);

/// One line of text; bytes that are not UTF-8 are replaced.
std::string json_line(const nlohmann::ordered_json& json);

/// An object with a line for each of its fields: readable, and not a line for every number of a contour.
std::string json_fields(const nlohmann::ordered_json& object);

template <typename T>
nlohmann::ordered_json or_null(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

inline nlohmann::ordered_json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

template <typename T>
std::optional<T> read_optional(const nlohmann::ordered_json& json, const char* field) {
  const auto& value = json.at(field);
  return value.is_null() ? std::nullopt : std::optional<T>(value.template get<T>());
}

}  // namespace fovea::pipeline
