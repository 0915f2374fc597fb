#include "app/tiny_model.hpp"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <torch/nn/module.h>
#include <torch/utils.h>

#include "nn/caption_model.hpp"
#include "text/vocabulary.hpp"

namespace fovea::tests {

void write_tiny_model(const std::filesystem::path& folder, int seed) {
  torch::manual_seed(static_cast<std::uint64_t>(seed));
  const torch::NoGradGuard no_grad;

  std::vector<std::string> words{"<pad>", "<bos>", "<eos>", "<unk>"};
  for (const char* word : {"a", "dog", "cat", "bird", "boat", "on", "in", "under", "red", "tall", "runs", "sleeps"}) {
    words.emplace_back(word);
  }
  nn::CaptionConfig config;
  config.licence = "random weights, for tests";
  config.input_size = 64;
  config.backbone = {.width = 32, .heads = 2, .layers = 1};
  config.transformer.vocabulary_size = static_cast<std::int64_t>(words.size());
  config.transformer.transformer = {.width = 32, .heads = 2, .layers = 1};
  nn::CaptionNetwork network(config);
  for (const auto& parameter : network->encoder()->named_parameters()) {
    // From LibTorch's initial variance, 1 / (3 inputs), to that of He et al. 2015, with which the image gets through.
    if (parameter.value().dim() == 4) parameter.value().mul_(std::sqrt(6.0));
  }
  nn::save_caption_model(folder, config, text::Vocabulary(std::move(words)), *network);
}

}  // namespace fovea::tests
