#include "nn/cached_state.hpp"

#include <string>

#include "fovea/error.hpp"

namespace fovea::nn {

void check_caption_length(std::int64_t length, std::int64_t max_positions) {
  if (length <= max_positions) return;
  throw Error(ErrorCode::usage, "caption decoder: a caption has " + std::to_string(length) +
                                    " tokens, the model takes " + std::to_string(max_positions) + " at most");
}

void CachedState::select_images(const at::Tensor& images) {
  cache.select_images(images);
  for (auto& [key, value] : image) {
    key = key.index_select(0, images);
    value = value.index_select(0, images);
  }
}

std::int64_t CachedState::next_position(std::int64_t max_positions) {
  check_caption_length(cache.length() + 1, max_positions);
  cache.begin_step();
  return cache.length() - 1;
}

}  // namespace fovea::nn
