#include "nn/vision_encoder_decoder.hpp"

#include <array>
#include <utility>

#include "fovea/error.hpp"
#include "nn/backbone_families.hpp"
#include "nn/bert_decoder.hpp"
#include "nn/generation_config.hpp"
#include "nn/gpt2_decoder.hpp"
#include "nn/preprocessor_config.hpp"

namespace fovea::nn {
namespace {

constexpr const char* kEncoder = "encoder.";
constexpr const char* kDecoder = "decoder.";

BackboneBlueprint encoder_of(const ForeignConfig& config, const TensorMap& tensors) {
  const auto* family = find_backbone_family(config);
  if (family == nullptr || (family->name != "vit" && family->name != "deit")) {
    throw Error(ErrorCode::unsupported, config.source() + ": 'model_type' is '" + config.text("model_type", "") +
                                            "'; an encoder-decoder model's encoder is expected to be vit or deit");
  }
  return family->blueprint(config, tensors_below(tensors, kEncoder));
}

/// Sets the decoder with its names and sizes.
void add_decoder(const ForeignConfig& config, const TensorMap& tensors, std::int64_t image_width,
                 CaptionerBlueprint& result) {
  const auto add = [&](const TextDecoderOptions& text, std::shared_ptr<CaptionDecoder> decoder, const NameMap& names) {
    result.decoder = std::move(decoder);
    result.names += names.inside("decoder.");
    result.vocabulary = text.vocabulary;
    result.max_positions = text.max_positions;
  };
  const auto type = config.text("model_type", "");
  if (type == "gpt2") {
    const auto options = read_gpt2_decoder_config(config, image_width);
    add(options.text, std::make_shared<Gpt2DecoderImpl>(options), gpt2_decoder_names(options, tensors, kDecoder));
  } else if (type == "bert") {
    const auto options = read_bert_decoder_config(config, image_width);
    add(options.text, std::make_shared<BertDecoderImpl>(options), bert_decoder_names(options, tensors, kDecoder));
  } else {
    throw Error(ErrorCode::unsupported, config.source() + ": 'model_type' is '" + type +
                                            "'; an encoder-decoder model's decoder is expected to be gpt2 or bert");
  }
}

CaptionerBlueprint blueprint(const ForeignFolder& folder, const TensorMap& tensors) {
  const auto& config = folder.config();
  const auto encoder_config = config.child("encoder");
  const auto decoder_config = config.child("decoder");
  auto encoder = encoder_of(encoder_config, tensors);

  CaptionerBlueprint result;
  result.encoder = encoder.network;
  result.names = encoder.names.below(kEncoder).inside("encoder.");
  add_decoder(decoder_config, tensors, encoder.network->shape().width, result);
  const bool deit = encoder_config.text("model_type", "") == "deit";
  result.input =
      read_preprocessing(folder.path(), deit ? ImageProcessor::deit : ImageProcessor::vit).value_or(encoder.input);

  const std::array<ForeignConfig, 2> others{config, decoder_config};
  const auto generation = read_generation_config(folder.json("generation_config.json"), others);
  if (!generation.begin) {
    config.fail("no token begins a caption: neither 'decoder_start_token_id' nor 'bos_token_id' is there");
  }
  result.defaults = generation.options;
  result.tokens = {.prompt = {*generation.begin},
                   .ends = generation.ends,
                   .forbidden = generation.forbidden,
                   .pad = generation.pad.value_or(generation.ends.empty() ? 0 : generation.ends.front()),
                   .rules = SearchRules::transformers,
                   .early_stopping = generation.early_stopping};
  return result;
}

}  // namespace

CaptionerFamily vision_encoder_decoder_family() {
  return {.model_type = "vision-encoder-decoder", .blueprint = blueprint};
}

}  // namespace fovea::nn
