/// @file Reading pipeline files: JSON objects of which every key is known and every value of the right kind.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "fovea/error.hpp"
#include "fovea/run.hpp"

namespace fovea::pipeline {

/// Reads the values of one JSON object and refuses what it does not know.
class ObjectReader {
 public:
  /// @param place where the object stands, for messages: "photos.json" or "photos.json: caption"
  ObjectReader(const nlohmann::json& object, std::string place) : object_(object), place_(std::move(place)) {
    if (!object.is_object()) refuse("expected an object, found " + object.dump());
  }

  /// Leaves `value` as it is when the key is not there.
  template <typename T>
  void read(const char* key, T& value) {
    known_.insert(key);
    const auto found = object_.find(key);
    if (found == object_.end()) return;
    if (!fits<T>(*found)) refuse(std::string(key) + " = " + found->dump() + ": expected " + kind<T>());
    value = found->get<T>();
  }

  template <typename T>
  void read(const char* key, std::optional<T>& value) {
    known_.insert(key);
    if (!object_.contains(key)) return;
    T found{};
    read(key, found);
    value = std::move(found);
  }

  /// Calls `read_part` with a reader of the object under `key`, when it is there.
  template <typename Function>
  void read_object(const char* key, Function read_part) {
    known_.insert(key);
    const auto found = object_.find(key);
    if (found == object_.end()) return;
    ObjectReader part(*found, place_ + ": " + key);
    read_part(part);
    part.refuse_unknown();
  }

  void refuse_unknown() const {
    for (const auto& [key, value] : object_.items()) {
      if (known_.contains(key)) continue;
      std::string message = "unknown key \"" + key + "\"; known are";
      for (const std::string& name : known_) message += " " + name;
      refuse(message);
    }
  }

  [[noreturn]] void refuse(const std::string& what) const { throw Error(ErrorCode::usage, place_ + ": " + what); }

 private:
  using Strings = std::vector<std::string>;
  using Numbers = std::vector<double>;

  template <typename T>
  static bool fits(const nlohmann::json& value) {
    if constexpr (std::is_same_v<T, bool>) return value.is_boolean();
    if constexpr (std::is_same_v<T, double>) return value.is_number();
    if constexpr (std::is_same_v<T, std::uint64_t>) return value.is_number_unsigned();
    if constexpr (std::is_same_v<T, int>) {
      return value.is_number_integer() && value.get<std::int64_t>() == static_cast<int>(value.get<std::int64_t>());
    }
    if constexpr (std::is_same_v<T, std::string>) return value.is_string();
    if constexpr (std::is_same_v<T, Strings>) {
      return value.is_array() &&
             std::all_of(value.begin(), value.end(), [](const nlohmann::json& v) { return v.is_string(); });
    }
    if constexpr (std::is_same_v<T, Numbers>) {
      return value.is_array() &&
             std::all_of(value.begin(), value.end(), [](const nlohmann::json& v) { return v.is_number(); });
    }
  }

  template <typename T>
  static std::string kind() {
    if constexpr (std::is_same_v<T, bool>) return "true or false";
    if constexpr (std::is_same_v<T, double>) return "a number";
    if constexpr (std::is_same_v<T, std::uint64_t>) return "a whole number of at least 0";
    if constexpr (std::is_same_v<T, int>) return "a whole number";
    if constexpr (std::is_same_v<T, std::string>) return "a string";
    if constexpr (std::is_same_v<T, Strings>) return "a list of strings";
    if constexpr (std::is_same_v<T, Numbers>) return "a list of numbers";
  }

  const nlohmann::json& object_;
  const std::string place_;
  std::set<std::string> known_;
};

/// @throws Error: io, usage (no JSON).
nlohmann::json parse_pipeline_file(const std::filesystem::path& file);

/// Reads what all pipelines have: pipeline, description, model, precision, run.
/// @param kind what `pipeline` must be
/// @param model its default; a name is that of a shipped model, a path leads from the pipeline file
void read_common(ObjectReader& reader, const std::string& kind, const std::filesystem::path& file, RunOptions& options,
                 std::filesystem::path& model);

/// Reads what all pipelines have in the object "load".
void read_load(ObjectReader& load, RunOptions& options);

}  // namespace fovea::pipeline
