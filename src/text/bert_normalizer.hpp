/// @file BERT's cleaning of a text and its division into words (https://arxiv.org/abs/1810.04805).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace fovea::text {

struct BertNormalizer {
  bool clean = true;                  ///< drops control characters and U+FFFD, makes every white space a plain space
  bool space_ideographs = true;       ///< puts spaces around Chinese characters, so that each becomes a word
  bool lower_case = true;             ///< case is given up
  std::optional<bool> strip_accents;  ///< without a value: as lower_case

  std::string operator()(std::string_view text) const;
};

/// Calls `use` with each word: what stands between white space, every punctuation character on its own.
void for_each_bert_word(std::string_view text, const std::function<void(std::string_view)>& use);

}  // namespace fovea::text
