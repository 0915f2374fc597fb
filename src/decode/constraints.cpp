#include "decode/constraints.hpp"

#include <algorithm>
#include <cstddef>

#include "text/vocabulary.hpp"

namespace fovea::decode {
namespace {

using text::Vocabulary;

/// Forbids every word that followed an earlier occurrence of the last n - 1 words.
void forbid_repeats(std::span<const std::int64_t> words, std::size_t n, std::span<float> log_probs) {
  if (words.size() < n) return;
  const auto context = words.last(n - 1);
  for (std::size_t first = 0; first + n <= words.size(); ++first) {
    if (std::ranges::equal(words.subspan(first, n - 1), context)) {
      log_probs[static_cast<std::size_t>(words[first + n - 1])] = kForbidden;
    }
  }
}

}  // namespace

void forbid(std::span<const std::int64_t> words, const CaptionOptions& options, std::span<float> log_probs) {
  log_probs[Vocabulary::kPad] = kForbidden;
  log_probs[Vocabulary::kBegin] = kForbidden;
  log_probs[Vocabulary::kUnknown] = kForbidden;
  if (words.size() < static_cast<std::size_t>(options.min_length)) log_probs[Vocabulary::kEnd] = kForbidden;
  if (options.no_repeat_ngram > 0) forbid_repeats(words, static_cast<std::size_t>(options.no_repeat_ngram), log_probs);
}

}  // namespace fovea::decode
