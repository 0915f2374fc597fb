#include "pipeline/run_record.hpp"

#include <exception>
#include <new>

#include "fovea/error.hpp"

namespace fovea::pipeline {

using Json = nlohmann::ordered_json;

RecordError current_error() {
  try {
    throw;
  } catch (const Error& e) {
    return {std::string(to_string(e.code())), e.what()};
  } catch (const std::bad_alloc&) {
    return {std::string(to_string(ErrorCode::io)), "not enough memory"};
  } catch (const std::exception& e) {
    return {std::string(to_string(ErrorCode::internal)), e.what()};
  }
}

void read_run_record(const Json& json, RunRecord& record) {
  record.version = json.at("version").get<std::string>();
  record.input = json.at("input").get<std::string>();
  record.frame = json.at("frame").get<int>();
  record.input_sha256 = read_optional<std::string>(json, "input_sha256").value_or("");
  record.model = json.at("model").get<std::string>();
  record.model_sha256 = json.at("model_sha256").get<std::string>();
  record.options_sha256 = json.at("options_sha256").get<std::string>();
  if (const Json& error = json.at("error"); !error.is_null()) {
    record.error = RecordError{error.at("code").get<std::string>(), error.at("message").get<std::string>()};
  }
  if (const auto status = json.at("status").get<std::string>(); status != (record.ok() ? "ok" : "error")) {
    throw Error(ErrorCode::corrupt, "status is \"" + status + "\", but error " + (record.ok() ? "is null" : "is set"));
  }
}

Json error_json(const RunRecord& record) {
  if (record.ok()) return nullptr;
  return {{"code", record.error->code}, {"message", record.error->message}};
}

std::string json_line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string json_fields(const Json& object) {
  std::string text;
  for (const auto& [name, value] : object.items()) {
    text += (text.empty() ? "{\n  " : ",\n  ") + json_line(name) + ": " + json_line(value);
  }
  return text + "\n}\n";
}

}  // namespace fovea::pipeline
