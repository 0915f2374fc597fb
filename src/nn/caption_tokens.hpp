/// @file What a model's tokens mean to a search, and by which rules captions are searched for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "text/vocabulary.hpp"

namespace fovea::nn {

/// How a beam search ranks and ends. The models of a library were published with its rules.
enum class SearchRules {
  fovea,         ///< decode/beam.hpp
  transformers,  ///< decode/transformers_beam.hpp: what generate() of transformers returns, token by token
};

/// When a beam search by transformers' rules ends, beside the maximum length.
enum class EarlyStopping {
  no,     ///< when no live hypothesis is better, at its present length, than the worst of `beam` finished ones
  yes,    ///< when `beam` hypotheses are finished
  never,  ///< when none can become better than the worst of `beam` finished ones
};

/// The tokens that mean something to a search. The defaults are those of Fovea's own vocabularies.
struct CaptionTokens {
  std::vector<std::int64_t> prompt{text::Vocabulary::kBegin};  ///< fed before a caption: at least the begin token
  std::vector<std::int64_t> ends{text::Vocabulary::kEnd};      ///< any of these ends a caption; at least one
  std::vector<std::int64_t> forbidden{text::Vocabulary::kPad, text::Vocabulary::kBegin,
                                      text::Vocabulary::kUnknown};  ///< never written
  std::int64_t pad = text::Vocabulary::kPad;                        ///< behind the end of a caption
  SearchRules rules = SearchRules::fovea;
  EarlyStopping early_stopping = EarlyStopping::no;  ///< by transformers' rules

  bool is_end(std::int64_t token) const { return std::find(ends.begin(), ends.end(), token) != ends.end(); }
};

/// Some tokens of a caption that are shown as one word.
struct CaptionWord {
  std::string text;
  std::size_t begin = 0;  ///< first token
  std::size_t end = 0;    ///< behind the last one
};

/// Each token as a word of its own.
std::vector<CaptionWord> words_of(std::span<const std::int64_t> tokens, const text::Vocabulary& vocabulary);

}  // namespace fovea::nn
