#include "tiny_caption_model.hpp"

#include <ATen/Context.h>
#include <c10/core/GradMode.h>

#include "tiny_caption_network.hpp"

namespace fovea::tests {

text::Vocabulary tiny_vocabulary() {
  return text::Vocabulary({"<pad>", "<bos>", "<eos>", "<unk>", "a", "red", "green", "blue", "square", "on", "white",
                           "black", "ground", "the"});
}

nn::CaptionConfig tiny_caption_config(nn::DecoderFamily decoder, std::int64_t vocabulary_size) {
  nn::CaptionConfig config;
  config.licence = "random weights, for tests";
  config.input_size = 64;
  config.backbone = {.width = 16, .heads = 2, .layers = 1, .mlp_ratio = 2};
  config.decoder = decoder;
  config.transformer = {.vocabulary_size = vocabulary_size,
                        .transformer = {.width = 16, .heads = 2, .layers = 1, .mlp_ratio = 2}};
  config.lstm = {.vocabulary_size = vocabulary_size,
                 .feature_size = 16,
                 .embedding_size = 16,
                 .state_size = 24,
                 .attention_size = 12};
  return config;
}

nn::CaptionNetwork tiny_caption_network(const nn::CaptionConfig& config, unsigned seed) {
  at::manual_seed(seed);
  const c10::AutoGradMode no_grad(false);
  nn::CaptionNetwork network(config);
  for (auto& item : network->decoder().named_parameters()) {
    // The output shares these weights: from a standard deviation of 0.02 every word would be as likely as another.
    if (item.key() == "embedding.weight") item.value().normal_(0, 1);
  }
  network->eval();
  return network;
}

void write_tiny_caption_model(const std::filesystem::path& folder, unsigned seed, TinyDecoder decoder) {
  const auto words = tiny_vocabulary();
  const auto family = decoder == TinyDecoder::lstm ? nn::DecoderFamily::lstm : nn::DecoderFamily::transformer;
  const auto config = tiny_caption_config(family, words.size());
  nn::save_caption_model(folder, config, words, *tiny_caption_network(config, seed));
}

}  // namespace fovea::tests
