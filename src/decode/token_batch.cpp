#include "decode/token_batch.hpp"

#include <algorithm>
#include <cstddef>

#include <ATen/ops/full.h>

#include "text/vocabulary.hpp"

namespace fovea::decode {

using text::Vocabulary;

at::Tensor token_batch(std::span<const TokenHypothesis> captions, std::int64_t images, std::int64_t per_image) {
  std::size_t longest = 0;
  for (const auto& caption : captions) longest = std::max(longest, caption.tokens.size());
  const auto length = static_cast<std::int64_t>(longest) + 1;
  auto tokens = at::full({images, per_image, length}, Vocabulary::kPad, at::kLong);
  auto* out = tokens.mutable_data_ptr<std::int64_t>();
  for (const auto& caption : captions) {
    out[0] = Vocabulary::kBegin;
    std::copy(caption.tokens.begin(), caption.tokens.end(), out + 1);
    out += length;
  }
  return tokens;
}

}  // namespace fovea::decode
