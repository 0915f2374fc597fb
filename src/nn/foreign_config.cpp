#include "nn/foreign_config.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "fovea/error.hpp"

namespace fovea::nn {
namespace {

constexpr std::size_t kMaxLabels = 1 << 20;

std::string range_text(const std::string& what, std::int64_t low, std::int64_t high) {
  return what + " from " + std::to_string(low) + " to " + std::to_string(high);
}

bool in_range(const text::OrderedJson& value, std::int64_t low, std::int64_t high) {
  return value.is_number_integer() && value.get<std::int64_t>() >= low && value.get<std::int64_t>() <= high;
}

}  // namespace

ForeignConfig::ForeignConfig(text::OrderedJson json, std::string source)
    : json_(std::move(json)), source_(std::move(source)) {
  if (!json_.is_object()) fail("expected an object, found " + std::string(json_.type_name()));
}

void ForeignConfig::fail(const std::string& what) const { throw Error(ErrorCode::model, source_ + ": " + what); }

void ForeignConfig::wrong(const char* key, const std::string& expected) const {
  fail("'" + std::string(key) + "' is " + json_[key].dump() + ", expected " + expected);
}

const text::OrderedJson* ForeignConfig::find(const char* key) const {
  const auto found = json_.find(key);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

bool ForeignConfig::has(const char* key) const { return find(key) != nullptr; }

std::int64_t ForeignConfig::integer(const char* key, std::int64_t otherwise, std::int64_t low,
                                    std::int64_t high) const {
  const auto* value = find(key);
  if (value == nullptr) return otherwise;
  if (!in_range(*value, low, high)) wrong(key, range_text("an integer", low, high));
  return value->get<std::int64_t>();
}

double ForeignConfig::number(const char* key, double otherwise, double low, double high) const {
  const auto* value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_number() || !(value->get<double>() >= low && value->get<double>() <= high)) {
    wrong(key, "a number from " + nlohmann::json(low).dump() + " to " + nlohmann::json(high).dump());
  }
  return value->get<double>();
}

bool ForeignConfig::flag(const char* key, bool otherwise) const {
  const auto* value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) wrong(key, "true or false");
  return value->get<bool>();
}

std::string ForeignConfig::text(const char* key, const std::string& otherwise) const {
  const auto* value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_string()) wrong(key, "a string");
  return value->get<std::string>();
}

std::vector<std::int64_t> ForeignConfig::integers(const char* key, std::vector<std::int64_t> otherwise,
                                                  std::int64_t low, std::int64_t high) const {
  const auto* value = find(key);
  if (value == nullptr) return otherwise;
  const auto fits = [&](const auto& item) { return in_range(item, low, high); };
  if (!value->is_array() || !std::all_of(value->begin(), value->end(), fits)) {
    wrong(key, range_text("a list of integers", low, high));
  }
  return value->get<std::vector<std::int64_t>>();
}

std::vector<std::string> ForeignConfig::texts(const char* key, std::vector<std::string> otherwise) const {
  const auto* value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_array() || !std::all_of(value->begin(), value->end(), [](const auto& v) { return v.is_string(); })) {
    wrong(key, "a list of strings");
  }
  return value->get<std::vector<std::string>>();
}

std::int64_t ForeignConfig::side(const char* key, std::int64_t otherwise, std::int64_t low, std::int64_t high) const {
  const auto* value = find(key);
  if (value == nullptr || !value->is_array()) return integer(key, otherwise, low, high);
  const auto sides = integers(key, {}, low, high);
  if (sides.empty() || std::any_of(sides.begin(), sides.end(), [&](auto s) { return s != sides.front(); })) {
    wrong(key, "an integer or a list of equal ones");
  }
  return sides.front();
}

ForeignConfig ForeignConfig::child(const char* key) const {
  const auto* value = find(key);
  return {value == nullptr ? text::OrderedJson::object() : *value, source_ + ", " + key};
}

std::vector<std::string> ForeignConfig::labels() const {
  const auto* named = find("id2label");
  if (named == nullptr) {
    auto names = texts("label_names", {});
    const auto count = integer("num_labels", static_cast<std::int64_t>(names.size()), 0, kMaxLabels);
    while (static_cast<std::int64_t>(names.size()) < count) names.push_back("LABEL_" + std::to_string(names.size()));
    return names;
  }
  if (!named->is_object()) wrong("id2label", "an object of numbers and names");
  std::vector<std::string> names(named->size());
  for (const auto& [id, name] : named->items()) {
    std::size_t index = names.size();
    const auto [end, problem] = std::from_chars(id.data(), id.data() + id.size(), index);
    if (problem != std::errc() || end != id.data() + id.size() || index >= names.size()) {
      fail("'id2label' has the number '" + id + "', expected 0 to " + std::to_string(names.size() - 1));
    }
    if (!name.is_string()) fail("'id2label' has " + name.dump() + " for " + id + ", expected a string");
    names[index] = name.get<std::string>();
  }
  return names;
}

void ForeignConfig::require(const char* key, const text::OrderedJson& expected) const {
  const auto* value = find(key);
  if (value == nullptr || *value == expected) return;
  throw Error(ErrorCode::unsupported,
              source_ + ": '" + key + "' is " + value->dump() + "; Fovea only knows " + expected.dump());
}

}  // namespace fovea::nn
