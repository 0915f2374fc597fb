#include <algorithm>
#include <functional>
#include <string>

#include "fovea/captioner.hpp"
#include "fovea/error.hpp"

namespace fovea {

std::vector<float> AttentionMaps::word_map(int word) const {
  const std::size_t cells = static_cast<std::size_t>(grid_height) * static_cast<std::size_t>(grid_width);
  const std::size_t rows = static_cast<std::size_t>(layers) * static_cast<std::size_t>(heads);
  const std::size_t row_size = static_cast<std::size_t>(words) * cells;
  if (word < 0 || word >= words) {
    throw Error(ErrorCode::usage, "there is no attention map of word " + std::to_string(word) + ": the caption has " +
                                      std::to_string(words) + " words, counted from 0");
  }
  if (rows == 0 || weights.size() != rows * row_size) {
    throw Error(ErrorCode::usage, "attention maps of " + std::to_string(rows * row_size) + " weights have " +
                                      std::to_string(weights.size()));
  }
  std::vector<double> sum(cells, 0);
  for (std::size_t row = 0; row < rows; ++row) {
    const float* map = weights.data() + row * row_size + static_cast<std::size_t>(word) * cells;
    std::transform(sum.begin(), sum.end(), map, sum.begin(), std::plus<>());
  }
  std::vector<float> mean(cells);
  std::transform(sum.begin(), sum.end(), mean.begin(),
                 [&](double each) { return static_cast<float>(each / static_cast<double>(rows)); });
  return mean;
}

}  // namespace fovea
