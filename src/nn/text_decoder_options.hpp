/// @file Sizes that caption decoders of foreign models have in common, and how their configurations tell them.
#pragma once

#include <cstdint>
#include <string>

#include "nn/foreign_config.hpp"
#include "nn/layers.hpp"
#include "nn/weights.hpp"

namespace fovea::nn {

/// Sizes of a decoder.
struct TextDecoderOptions {
  std::int64_t vocabulary = 30522;
  std::int64_t max_positions = 512;  ///< tokens of the longest caption
  std::int64_t width = 768;          ///< D
  std::int64_t heads = 12;
  std::int64_t layers = 12;
  std::int64_t hidden = 3072;      ///< width between the two matrices of a perceptron
  std::int64_t image_width = 768;  ///< of the tokens of ImageMemory
  bool projects_image = false;     ///< a linear layer of its own makes the image's tokens as wide as the decoder
  bool tied = true;                ///< the matrix that makes logits may be the table of words
  double epsilon = 1e-12;          ///< of the layer norms
  Activation activation = Activation::gelu;
};

/// Keys of a configuration that families spell differently.
struct TextDecoderKeys {
  const char* max_positions = "max_position_embeddings";
  const char* width = "hidden_size";
  const char* heads = "num_attention_heads";
  const char* layers = "num_hidden_layers";
  const char* hidden = "intermediate_size";
  const char* epsilon = "layer_norm_eps";
  const char* activation = "hidden_act";
};

/// Reads what a configuration says. @param usual what holds for keys that are left out
/// @param usual_activation for the same, by Hugging Face's name
/// @throws Error: model, naming the key.
TextDecoderOptions read_text_decoder(const ForeignConfig& config, const TextDecoderOptions& usual,
                                     const char* usual_activation, const TextDecoderKeys& keys = {});

/// Names of two tensors of which a file with tied weights may leave out one.
struct TiedNames {
  std::string words;   ///< table of words
  std::string output;  ///< matrix that makes logits
};

/// Where both are found: each under the other's name if it is tied and not there itself.
TiedNames find_tied(const TiedNames& names, bool tied, const TensorMap& tensors);

}  // namespace fovea::nn
