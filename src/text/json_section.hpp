/// @file Reading one object of a JSON configuration: every key is checked, unknown ones are refused by name.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "fovea/error.hpp"

namespace fovea::text {

using OrderedJson = nlohmann::ordered_json;

/// Names of the values of an enumeration, as configurations spell them.
template <typename Enum, std::size_t N>
using Choices = std::array<std::pair<Enum, const char*>, N>;

template <typename Enum, std::size_t N>
const char* choice_name(Enum value, const Choices<Enum, N>& choices) {
  for (const auto& [choice, name] : choices) {
    if (choice == value) return name;
  }
  return "";
}

/// One JSON object with the place it was found at, which every message begins with. The object must outlive it.
class JsonSection {
 public:
  /// `code`: of the errors thrown here (model for a model's configuration, usage for one the user wrote).
  JsonSection(const OrderedJson& json, std::string where, ErrorCode code = ErrorCode::model)
      : json_(json), where_(std::move(where)), code_(code) {
    if (!json.is_object()) fail("expected an object, found " + std::string(json.type_name()));
  }

  bool has(const char* key) {
    known_.insert(key);
    return json_.contains(key);
  }

  const OrderedJson& child(const char* key) {
    if (!has(key)) fail("'" + std::string(key) + "' is missing");
    return json_[key];
  }

  std::string text(const char* key) {
    const auto& value = child(key);
    if (!value.is_string()) fail("'" + std::string(key) + "' is " + value.dump() + ", expected a string");
    return value.get<std::string>();
  }

  bool boolean(const char* key) {
    const auto& value = child(key);
    if (!value.is_boolean()) fail("'" + std::string(key) + "' is " + value.dump() + ", expected true or false");
    return value.get<bool>();
  }

  std::int64_t integer(const char* key, std::int64_t low, std::int64_t high) {
    const auto& value = child(key);
    if (!value.is_number_integer() || value.get<std::int64_t>() < low || value.get<std::int64_t>() > high) {
      fail("'" + std::string(key) + "' is " + value.dump() + ", expected an integer from " + std::to_string(low) +
           " to " + std::to_string(high));
    }
    return value.get<std::int64_t>();
  }

  /// A number in [low, high].
  double number(const char* key, double low, double high) {
    const auto& value = child(key);
    if (!value.is_number() || !(value.get<double>() >= low && value.get<double>() <= high)) {
      fail("'" + std::string(key) + "' is " + value.dump() + ", expected a number from " + nlohmann::json(low).dump() +
           " to " + nlohmann::json(high).dump());
    }
    return value.get<double>();
  }

  template <typename Enum, std::size_t N>
  Enum choice(const char* key, const Choices<Enum, N>& choices) {
    const auto found = text(key);
    std::string names;
    for (const auto& [value, name] : choices) {
      if (found == name) return value;
      names += (names.empty() ? "" : ", ") + std::string(name);
    }
    fail("'" + std::string(key) + "' is '" + found + "', expected one of: " + names);
  }

  /// Refuses keys that nobody asked for.
  void finish() const {
    for (const auto& item : json_.items()) {
      if (!known_.contains(item.key())) fail("'" + item.key() + "' is not a known key");
    }
  }

  [[noreturn]] void fail(const std::string& what) const { throw Error(code_, where_ + ": " + what); }

 private:
  const OrderedJson& json_;
  std::string where_;
  ErrorCode code_;
  std::set<std::string> known_;
};

/// Reads a key that may be left out; then the value stays as it is.
inline void read(JsonSection& s, const char* key, double& value, double low, double high) {
  if (s.has(key)) value = s.number(key, low, high);
}
inline void read(JsonSection& s, const char* key, int& value, int low, int high) {
  if (s.has(key)) value = static_cast<int>(s.integer(key, low, high));
}
inline void read(JsonSection& s, const char* key, bool& value) {
  if (s.has(key)) value = s.boolean(key);
}

}  // namespace fovea::text
