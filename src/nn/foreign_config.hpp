/// @file Reading the configurations of foreign models, which leave out what is as usual and say more than is needed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "text/json_section.hpp"

namespace fovea::nn {

/// One object of a foreign config.json. A key that is absent or null has its default. Copies share nothing.
class ForeignConfig {
 public:
  /// @throws Error: model when `json` is no object. `source`: file, and place in it, for messages.
  ForeignConfig(text::OrderedJson json, std::string source);

  bool has(const char* key) const;
  /// @throws Error: model, all of them, when the value has another type or lies outside of the range.
  std::int64_t integer(const char* key, std::int64_t otherwise, std::int64_t low, std::int64_t high) const;
  double number(const char* key, double otherwise, double low, double high) const;
  bool flag(const char* key, bool otherwise) const;
  std::string text(const char* key, const std::string& otherwise) const;
  std::vector<std::int64_t> integers(const char* key, std::vector<std::int64_t> otherwise, std::int64_t low,
                                     std::int64_t high) const;
  std::vector<std::string> texts(const char* key, std::vector<std::string> otherwise) const;
  /// An integer, or a list of equal ones ([16, 16]) as some files have it.
  std::int64_t side(const char* key, std::int64_t otherwise, std::int64_t low, std::int64_t high) const;
  /// An object; an empty one where the key is absent.
  ForeignConfig child(const char* key) const;

  /// `id2label` in the order of its numbers, else `label_names`; "LABEL_0" and so on where only `num_labels` is given.
  std::vector<std::string> labels() const;

  /// @throws Error: unsupported, naming the key and its value, unless it is absent or equal to `expected`.
  void require(const char* key, const text::OrderedJson& expected) const;

  const text::OrderedJson& json() const noexcept { return json_; }
  const std::string& source() const noexcept { return source_; }
  [[noreturn]] void fail(const std::string& what) const;

 private:
  const text::OrderedJson* find(const char* key) const;
  [[noreturn]] void wrong(const char* key, const std::string& expected) const;

  text::OrderedJson json_;
  std::string source_;
};

}  // namespace fovea::nn
