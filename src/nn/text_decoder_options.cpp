#include "nn/text_decoder_options.hpp"

namespace fovea::nn {
namespace {

constexpr std::int64_t kMaxWidth = 1 << 16;
constexpr std::int64_t kMaxLayers = 1 << 10;
constexpr std::int64_t kMaxRows = 1 << 24;  // of a table

}  // namespace

TextDecoderOptions read_text_decoder(const ForeignConfig& config, const TextDecoderOptions& usual,
                                     const char* usual_activation, const TextDecoderKeys& keys) {
  auto o = usual;
  o.vocabulary = config.integer("vocab_size", o.vocabulary, 1, kMaxRows);
  o.max_positions = config.integer(keys.max_positions, o.max_positions, 1, kMaxRows);
  o.width = config.integer(keys.width, o.width, 1, kMaxWidth);
  o.heads = config.integer(keys.heads, o.heads, 1, kMaxWidth);
  o.layers = config.integer(keys.layers, o.layers, 1, kMaxLayers);
  o.hidden = config.integer(keys.hidden, o.hidden, 1, kMaxWidth);
  o.tied = config.flag("tie_word_embeddings", o.tied);
  o.epsilon = config.number(keys.epsilon, o.epsilon, 0, 1);
  o.activation = activation_named(config.text(keys.activation, usual_activation), config.source());
  if (o.width % o.heads != 0) {
    config.fail("'" + std::string(keys.width) + "' is " + std::to_string(o.width) + ", expected a multiple of '" +
                keys.heads + "' (" + std::to_string(o.heads) + ")");
  }
  return o;
}

TiedNames find_tied(const TiedNames& names, bool tied, const TensorMap& tensors) {
  auto found = names;
  if (!tied) return found;
  const bool has_words = tensors.contains(names.words), has_output = tensors.contains(names.output);
  if (!has_output) found.output = names.words;
  if (!has_words && has_output) found.words = names.output;
  return found;
}

}  // namespace fovea::nn
