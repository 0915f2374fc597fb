#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>
#include <string>

#include "fovea/captioner.hpp"
#include "fovea/error.hpp"

namespace fovea {
namespace {

// Far beyond what helps a caption; a slip of the finger must not ask for all of the memory.
constexpr int kMaxBeam = 256;
constexpr int kMaxLength = 1024;

template <typename Value>
[[noreturn]] void refuse(const std::string& field, const Value& value, const std::string& expected) {
  std::ostringstream message;
  message << "caption option " << field << " is " << value << "; expected " << expected;
  throw Error(ErrorCode::usage, message.str());
}

template <typename Value>
void check_range(const std::string& field, Value value, Value low, Value high) {
  if (value >= low && value <= high) return;
  std::ostringstream expected;
  expected << low << " to " << high;
  refuse(field, value, expected.str());
}

/// Sampling's own options do nothing in a search: who sets one meant to sample.
void check_search(const CaptionOptions& options) {
  const std::string expected = " (its default), or `sample` to be set: it only applies to sampling";
  if (options.temperature != 1) refuse("temperature", options.temperature, "1" + expected);
  if (options.top_k != 0) refuse("top_k", options.top_k, "0" + expected);
  if (options.top_p != 1) refuse("top_p", options.top_p, "1" + expected);
  if (options.seed != 0) refuse("seed", options.seed, "0" + expected);
  if (options.top > options.beam) {
    refuse("top", options.top, "at most `beam`, which is " + std::to_string(options.beam));
  }
}

void check_sampling(const CaptionOptions& options) {
  if (options.beam != 1) refuse("beam", options.beam, "1 together with `sample`: words are drawn, not searched");
  if (!(std::isfinite(options.temperature) && options.temperature > 0)) {
    refuse("temperature", options.temperature, "a number above 0");
  }
  if (options.top_k < 0) refuse("top_k", options.top_k, "0 (all words) or more");
  if (!(options.top_p > 0 && options.top_p <= 1)) refuse("top_p", options.top_p, "a number above 0 and at most 1");
}

template <typename Value>
void set(Value& value, const std::optional<Value>& choice) {
  if (choice) value = *choice;
}

}  // namespace

CaptionOptions with_choices(CaptionOptions o, const CaptionChoices& choices) {
  const bool sample = choices.sample.value_or(o.sample && choices.beam.value_or(1) == 1);
  if (!sample) {  // what only sampling has
    const CaptionOptions search;
    o.temperature = search.temperature;
    o.top_k = search.top_k;
    o.top_p = search.top_p;
  }
  if (sample) o.beam = 1;
  o.sample = sample;
  set(o.beam, choices.beam);
  set(o.max_length, choices.max_length);
  set(o.min_length, choices.min_length);
  set(o.length_penalty, choices.length_penalty);
  set(o.no_repeat_ngram, choices.no_repeat_ngram);
  set(o.top, choices.top);
  set(o.temperature, choices.temperature);
  set(o.top_k, choices.top_k);
  set(o.top_p, choices.top_p);
  set(o.seed, choices.seed);
  o.prompt = choices.prompt;
  return o;
}

void validate_choices(const CaptionChoices& choices) {
  auto options = with_choices({}, choices);
  // What a model's own defaults may make valid is told when it is open.
  if (!choices.beam && !options.sample) options.beam = std::max(options.beam, options.top);
  if (!choices.max_length) options.max_length = std::max(options.max_length, options.min_length);
  if (!choices.min_length) options.min_length = std::min(options.min_length, options.max_length);
  validate(options);
}

void validate(const CaptionOptions& options) {
  check_range("beam", options.beam, 1, kMaxBeam);
  check_range("top", options.top, 1, kMaxBeam);
  check_range("max_length", options.max_length, 1, kMaxLength);
  if (options.min_length < 0 || options.min_length > options.max_length) {
    refuse("min_length", options.min_length, "0 to `max_length`, which is " + std::to_string(options.max_length));
  }
  if (!(std::isfinite(options.length_penalty) && options.length_penalty >= 0)) {
    refuse("length_penalty", options.length_penalty, "a number of 0 (rank by plain sum) or more");
  }
  if (options.no_repeat_ngram < 0) refuse("no_repeat_ngram", options.no_repeat_ngram, "0 (off) or more");
  if (options.sample) {
    check_sampling(options);
  } else {
    check_search(options);
  }
}

}  // namespace fovea
