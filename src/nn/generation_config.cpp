#include "nn/generation_config.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "fovea/error.hpp"

namespace fovea::nn {
namespace {

constexpr std::int64_t kUsualLength = 20;
constexpr int kUsualTopK = 50;
constexpr std::int64_t kMaxLength = 1 << 16;
constexpr int kMaxBeams = 256;
constexpr std::int64_t kBeginTokens = 1;  // which lengths of whole captions count
constexpr std::int64_t kMaxToken = std::int64_t{1} << 31;

/// What has these values changes nothing, and with others is not supported.
const std::array<std::pair<const char*, text::OrderedJson>, 13> kNeutral{{{"repetition_penalty", 1.0},
                                                                          {"encoder_repetition_penalty", 1.0},
                                                                          {"encoder_no_repeat_ngram_size", 0},
                                                                          {"num_beam_groups", 1},
                                                                          {"diversity_penalty", 0.0},
                                                                          {"typical_p", 1.0},
                                                                          {"epsilon_cutoff", 0.0},
                                                                          {"eta_cutoff", 0.0},
                                                                          {"renormalize_logits", false},
                                                                          {"remove_invalid_values", false},
                                                                          {"guidance_scale", 1.0},
                                                                          {"penalty_alpha", 0.0},
                                                                          {"min_p", 0.0}}};
constexpr std::array<const char*, 12> kUnknown{"bad_words_ids",
                                               "forced_bos_token_id",
                                               "forced_eos_token_id",
                                               "forced_decoder_ids",
                                               "begin_suppress_tokens",
                                               "sequence_bias",
                                               "exponential_decay_length_penalty",
                                               "constraints",
                                               "force_words_ids",
                                               "stop_strings",
                                               "max_time",
                                               "top_h"};

/// The first source that has a key.
class Sources {
 public:
  explicit Sources(std::span<const ForeignConfig> sources) : sources_(sources) {}

  bool has(const char* key) const { return find(key) != nullptr; }
  std::int64_t integer(const char* key, std::int64_t otherwise, std::int64_t low, std::int64_t high) const {
    const auto* source = find(key);
    return source == nullptr ? otherwise : source->integer(key, otherwise, low, high);
  }
  double number(const char* key, double otherwise, double low, double high) const {
    const auto* source = find(key);
    return source == nullptr ? otherwise : source->number(key, otherwise, low, high);
  }
  bool flag(const char* key, bool otherwise) const {
    const auto* source = find(key);
    return source == nullptr ? otherwise : source->flag(key, otherwise);
  }
  const ForeignConfig* find(const char* key) const {
    const auto found = std::find_if(sources_.begin(), sources_.end(), [&](const auto& s) { return s.has(key); });
    return found == sources_.end() ? nullptr : &*found;
  }

 private:
  std::span<const ForeignConfig> sources_;
};

void refuse_unknown(const Sources& sources) {
  for (const auto& [key, neutral] : kNeutral) {
    if (const auto* source = sources.find(key)) source->require(key, neutral);
  }
  for (const char* key : kUnknown) {
    if (const auto* source = sources.find(key)) {
      throw Error(ErrorCode::unsupported,
                  source->source() + ": '" + key + "' is " + source->json()[key].dump() +
                      ", which Fovea's search does not know; take the key out to search without");
    }
  }
}

std::vector<std::int64_t> tokens(const Sources& sources, const char* key) {
  const auto* source = sources.find(key);
  if (source == nullptr) return {};
  if (source->json()[key].is_array()) return source->integers(key, {}, 0, kMaxToken);
  return {source->integer(key, 0, 0, kMaxToken)};
}

std::optional<std::int64_t> token(const Sources& sources, const char* key) {
  if (!sources.has(key)) return std::nullopt;
  return sources.integer(key, 0, 0, kMaxToken);
}

EarlyStopping early_stopping(const Sources& sources) {
  const auto* source = sources.find("early_stopping");
  if (source == nullptr) return EarlyStopping::no;
  if (source->json()["early_stopping"] == "never") return EarlyStopping::never;
  return source->flag("early_stopping", false) ? EarlyStopping::yes : EarlyStopping::no;
}

/// A length in new tokens: `new_key` says it so, `key` counts the begin token too.
int new_tokens(const Sources& sources, const char* new_key, const char* key, std::int64_t otherwise,
               std::int64_t least) {
  if (sources.has(new_key)) return static_cast<int>(sources.integer(new_key, 0, least, kMaxLength));
  if (!sources.has(key)) return static_cast<int>(otherwise);
  return static_cast<int>(std::max(sources.integer(key, 0, 0, kMaxLength) - kBeginTokens, least));
}

}  // namespace

GenerationConfig read_generation_config(const std::optional<ForeignConfig>& own,
                                        std::span<const ForeignConfig> others) {
  std::vector<ForeignConfig> all(others.begin(), others.end());
  if (own) all.insert(all.begin(), *own);
  const Sources of_tokens(all), sources(own ? std::span<const ForeignConfig>(all).first(1) : others);
  refuse_unknown(sources);
  GenerationConfig config;
  auto& o = config.options;
  o.max_length = new_tokens(sources, "max_new_tokens", "max_length", kUsualLength, 1);
  o.min_length = new_tokens(sources, "min_new_tokens", "min_length", 0, 0);
  o.beam = static_cast<int>(sources.integer("num_beams", 1, 1, kMaxBeams));
  o.length_penalty = sources.number("length_penalty", 1, 0, 1e3);
  o.no_repeat_ngram = static_cast<int>(sources.integer("no_repeat_ngram_size", 0, 0, kMaxLength));
  o.sample = sources.flag("do_sample", false);
  if (o.sample) {
    o.temperature = sources.number("temperature", 1, 1e-6, 1e6);
    o.top_k = static_cast<int>(sources.integer("top_k", kUsualTopK, 0, kMaxToken / 2));
    o.top_p = sources.number("top_p", 1, 1e-6, 1);
    if (o.beam != 1) {
      throw Error(ErrorCode::unsupported, sources.find("do_sample")->source() + ": 'do_sample' with 'num_beams' " +
                                              std::to_string(o.beam) +
                                              " is a search that Fovea does not know; set one of the two");
    }
  }
  config.early_stopping = early_stopping(sources);
  config.begin = token(of_tokens, of_tokens.has("decoder_start_token_id") ? "decoder_start_token_id" : "bos_token_id");
  config.ends = tokens(of_tokens, "eos_token_id");
  config.pad = token(of_tokens, "pad_token_id");
  config.forbidden = tokens(sources, "suppress_tokens");
  return config;
}

}  // namespace fovea::nn
