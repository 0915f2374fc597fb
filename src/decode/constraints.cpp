#include "decode/constraints.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace fovea::decode {
namespace {

/// Forbids every token that followed an earlier occurrence of the last n - 1 ones.
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

void forbid(std::span<const std::int64_t> words, const CaptionOptions& options, const nn::CaptionTokens& tokens,
            std::span<float> log_probs) {
  for (const auto token : tokens.forbidden) log_probs[static_cast<std::size_t>(token)] = kForbidden;
  if (words.size() < static_cast<std::size_t>(options.min_length)) {
    for (const auto end : tokens.ends) log_probs[static_cast<std::size_t>(end)] = kForbidden;
  }
  if (options.no_repeat_ngram <= 0) return;
  auto context = tokens.prompt;
  context.insert(context.end(), words.begin(), words.end());
  forbid_repeats(context, static_cast<std::size_t>(options.no_repeat_ngram), log_probs);
}

}  // namespace fovea::decode
