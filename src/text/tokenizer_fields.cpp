#include "text/tokenizer_fields.hpp"

#include <system_error>
#include <utility>

#include "fovea/error.hpp"
#include "fovea/loader.hpp"
#include "text/token_table.hpp"

namespace fovea::text {

using nlohmann::json;

bool Fields::has(const char* key) const {
  const auto found = json_->find(key);
  return found != json_->end() && !found->is_null();
}

Fields Fields::child(const char* key) const {
  if (!object().has(key)) fail("'" + std::string(key) + "' is missing");
  return {*json_->find(key), where_ + "." + key};
}

const Fields& Fields::object() const {
  if (!json_->is_object()) fail_type("an object");
  return *this;
}

const Fields& Fields::list() const {
  if (!json_->is_array()) fail_type("a list");
  return *this;
}

const std::string& Fields::text() const {
  if (!json_->is_string()) fail_type("a string");
  return json_->get_ref<const std::string&>();
}

bool Fields::boolean() const {
  if (!json_->is_boolean()) fail_type("true or false");
  return json_->get<bool>();
}

std::int64_t Fields::integer() const {
  if (!json_->is_number_integer() || (json_->is_number_unsigned() && json_->get<std::uint64_t>() >> 63U != 0))
    fail_type("an integer");
  return json_->get<std::int64_t>();
}

std::optional<std::string> Fields::text_or_none(const char* key) const {
  return has(key) ? std::optional(child(key).text()) : std::nullopt;
}

bool Fields::boolean_or(const char* key, bool otherwise) const { return boolean_or_none(key).value_or(otherwise); }

std::optional<bool> Fields::boolean_or_none(const char* key) const {
  return has(key) ? std::optional(child(key).boolean()) : std::nullopt;
}

void Fields::fail(const std::string& what) const { throw Error(ErrorCode::model, where_ + ": " + what); }

void Fields::unsupported(const std::string& what, const std::string& expected) const {
  throw Error(ErrorCode::unsupported, where_ + ": " + what + " is not supported; expected " + expected);
}

void Fields::fail_type(const char* expected) const {
  std::string found = "a JSON " + std::string(json_->type_name());
  if (json_->is_string())
    found = in_quotes(json_->get_ref<const std::string&>());
  else if (json_->is_primitive())
    found = json_->dump();
  fail("expected " + std::string(expected) + ", found " + found);
}

bool has_file(const std::filesystem::path& folder, const char* name) {
  std::error_code unreadable;  // reading it says why
  return std::filesystem::exists(folder / name, unreadable);
}

std::string read_text(const std::filesystem::path& path, std::size_t max_bytes) {
  std::error_code unreadable;  // reading it says why, and that it is no file
  if (const auto size = std::filesystem::file_size(path, unreadable); !unreadable && size > max_bytes) {
    throw Error(ErrorCode::unsupported, path.string() + " has " + std::to_string(size) + " bytes; at most " +
                                            std::to_string(max_bytes) + " are read");
  }
  const auto bytes = read_bytes(path);
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

json read_json(const std::filesystem::path& path) {
  try {
    auto value = json::parse(read_text(path));
    Fields(value, path.string()).object();
    return value;
  } catch (const json::exception& error) {
    throw Error(ErrorCode::model, path.string() + ": not valid JSON: " + error.what());
  }
}

}  // namespace fovea::text
