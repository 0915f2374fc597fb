/// @file The mean of several models' weights.
#include <string>

#include "fovea/error.hpp"
#include "fovea/loader.hpp"
#include "fovea/train.hpp"
#include "nn/caption_model.hpp"
#include "nn/weights.hpp"
#include "text/vocabulary.hpp"

namespace fovea {
namespace {

nn::CaptionConfig read_config(const std::filesystem::path& model) {
  const auto path = model / "config.json";
  const auto bytes = read_bytes(path);
  return nn::parse_caption_config({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, path.string());
}

}  // namespace

void average_caption_models(const std::vector<std::filesystem::path>& models, const std::filesystem::path& output) {
  if (models.size() < 2) {
    throw Error(ErrorCode::usage, "an average needs at least 2 models, found " + std::to_string(models.size()));
  }
  const auto config = read_config(models.front());
  const auto vocabulary = text::Vocabulary::load(models.front() / "vocab.txt");
  nn::CaptionNetwork network(config);
  nn::TensorMap mean;
  for (const auto& model : models) {
    if (!(text::Vocabulary::load(model / "vocab.txt") == vocabulary)) {
      throw Error(ErrorCode::usage, model.string() + " has other words than " + models.front().string());
    }
    if (const auto size = read_config(model).input_size; size != config.input_size) {
      throw Error(ErrorCode::usage, model.string() + " takes photos of " + std::to_string(size) + " pixels, " +
                                        models.front().string() + " of " + std::to_string(config.input_size));
    }
    const auto file = model / "model.safetensors";
    nn::load_weights(*network, nn::read_tensors(file), file.string());
    for (const auto& [name, weight] : nn::named_weights(*network)) {
      const auto share = weight.detach() / static_cast<double>(models.size());
      auto& sum = mean[name];
      sum = sum.defined() ? sum + share : share;
    }
  }
  nn::load_weights(*network, mean, output.string());
  nn::save_caption_model(output, config, vocabulary, *network);
}

}  // namespace fovea
