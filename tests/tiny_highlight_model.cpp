#include "tiny_highlight_model.hpp"

#include <ATen/Context.h>
#include <c10/core/GradMode.h>

#include "nn/highlight_model.hpp"

namespace fovea::tests {

void write_tiny_highlight_model(const std::filesystem::path& folder, unsigned seed) {
  nn::HighlightConfig config;
  config.licence = "random weights, for tests";
  config.input_size = 64;
  config.finding = "mass";
  config.labels = {"normal", "benign", "malignant"};
  config.normal = "normal";
  config.backbone = {.width = 16, .heads = 2, .layers = 1, .mlp_ratio = 2};
  config.head.widths = {16, 16, 8};
  at::manual_seed(seed);
  const c10::AutoGradMode no_grad(false);
  nn::HighlightNetwork network(config);
  for (auto& item : network->named_parameters()) {
    // An untrained head says nothing is rarer than a finding; here about half of an image is to be one.
    if (item.key() == "dense.logits.bias") item.value().zero_();
    if (item.key() == "dense.logits.weight") item.value().normal_(0, 1);
  }
  network->eval();
  nn::save_highlight_model(folder, config, *network);
}

}  // namespace fovea::tests
