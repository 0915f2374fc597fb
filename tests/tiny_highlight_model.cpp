#include "tiny_highlight_model.hpp"

#include <ATen/Context.h>

#include "train/lesion_captions.hpp"

namespace fovea::tests {

nn::HighlightConfig tiny_highlight_config(bool labels, bool captions) {
  nn::HighlightConfig config;
  config.licence = "random weights, for tests";
  config.input_size = 64;
  config.finding = "mass";
  if (labels) {
    config.labels = {"normal", "benign", "malignant"};
    config.normal = "normal";
  }
  config.backbone = {.width = 16, .heads = 2, .layers = 1, .mlp_ratio = 2};
  config.head = {.widths = {16, 16, 8}};
  if (captions) {
    config.captions = {.max_positions = 40, .transformer = {.width = 16, .heads = 2, .layers = 1, .mlp_ratio = 2}};
    config.captions->vocabulary_size = train::lesion_vocabulary(config).size();
  }
  return config;
}

nn::HighlightNetwork tiny_highlight_network(const nn::HighlightConfig& config, unsigned seed) {
  at::manual_seed(seed);
  nn::HighlightNetwork network(config);
  network->eval();
  return network;
}

void write_tiny_highlight_model(const std::filesystem::path& folder, unsigned seed, bool labels, bool captions) {
  const auto config = tiny_highlight_config(labels, captions);
  const auto words = train::lesion_vocabulary(config);
  nn::save_highlight_model(folder, config, *tiny_highlight_network(config, seed), captions ? &words : nullptr);
}

}  // namespace fovea::tests
