/// @file Reading the JSON files of a tokenizer: every value is checked, and messages say where it stands.
///
/// Other than in our own configurations, keys that are not asked for are let be: the files hold much that is of no
/// concern to a tokenizer. nlohmann::json, not ordered_json, whose objects take quadratic time for a vocabulary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace fovea::text {

/// A JSON value and where it stands, e.g. "DIR/tokenizer.json: model". The JSON must outlive it.
class Fields {
 public:
  Fields(const nlohmann::json& json, std::string where) : json_(&json), where_(std::move(where)) {}

  const nlohmann::json& json() const noexcept { return *json_; }
  const std::string& where() const noexcept { return where_; }

  /// Whether the key is there and not null.
  bool has(const char* key) const;

  /// @throws Error: model when it is missing.
  Fields child(const char* key) const;
  /// An element of a list.
  Fields element(std::size_t index) const { return {(*json_)[index], where_ + "[" + std::to_string(index) + "]"}; }

  /// These are called on the value itself. @throws Error: model when it is of another type.
  const Fields& object() const;
  const Fields& list() const;
  const std::string& text() const;
  bool boolean() const;
  std::int64_t integer() const;

  /// The value of a key that may be missing or null.
  std::optional<std::string> text_or_none(const char* key) const;
  bool boolean_or(const char* key, bool otherwise) const;
  std::optional<bool> boolean_or_none(const char* key) const;

  /// @throws Error: model, "WHERE: what".
  [[noreturn]] void fail(const std::string& what) const;
  /// @throws Error: unsupported, "WHERE: what is not supported; expected `expected`".
  [[noreturn]] void unsupported(const std::string& what, const std::string& expected) const;

 private:
  [[noreturn]] void fail_type(const char* expected) const;

  const nlohmann::json* json_;
  std::string where_;
};

/// Whether a folder has a file.
bool has_file(const std::filesystem::path& folder, const char* name);

/// Bytes that a file of a tokenizer may have; the largest that are known have about 40 million.
constexpr std::size_t kMaxTokenizerBytes = 128'000'000;

/// The bytes of a file as text. @throws Error: io; unsupported when there are more than `max_bytes`.
std::string read_text(const std::filesystem::path& path, std::size_t max_bytes = kMaxTokenizerBytes);

/// A JSON file whose value is an object. @throws Error: io, unsupported (too large), or model when it is none.
nlohmann::json read_json(const std::filesystem::path& path);

}  // namespace fovea::text
