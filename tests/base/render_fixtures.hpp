/// @file Images and captions for the tests of pictures and pages.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "fovea/captioner.hpp"
#include "fovea/image.hpp"

namespace fovea::render::testing {

/// A photo of even grey.
inline Image gray_photo(int width, int height, std::uint8_t gray = 128) {
  Image image;
  image.width = image.geometry.width = width;
  image.height = image.geometry.height = height;
  image.pixels.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3, gray);
  return image;
}

/// A caption whose word `i` looks at cell `i` of the grid alone, in every layer and head.
inline Hypothesis one_hot_caption(const std::vector<std::string>& words, int grid = 7, int layers = 1, int heads = 1) {
  Hypothesis caption;
  caption.words = words;
  caption.word_log_probs.assign(words.size(), std::log(0.5F));
  for (const std::string& word : words) {
    caption.text += (caption.text.empty() ? "" : " ") + word;
  }
  caption.log_prob = -1.25;
  caption.finished = true;
  AttentionMaps& maps = caption.attention;
  maps.layers = layers;
  maps.heads = heads;
  maps.words = static_cast<int>(words.size());
  maps.grid_height = maps.grid_width = grid;
  const std::size_t cells = static_cast<std::size_t>(grid) * static_cast<std::size_t>(grid);
  for (int row = 0; row < layers * heads; ++row) {
    for (std::size_t word = 0; word < words.size(); ++word) {
      std::vector<float> map(cells, 0.0F);
      map[word % cells] = 1.0F;
      maps.weights.insert(maps.weights.end(), map.begin(), map.end());
    }
  }
  return caption;
}

}  // namespace fovea::render::testing
