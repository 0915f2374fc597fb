#include "nn/blip.hpp"

#include <array>

#include "nn/bert_decoder.hpp"
#include "nn/blip_vision.hpp"
#include "nn/generation_config.hpp"
#include "nn/preprocessor_config.hpp"

namespace fovea::nn {
namespace {

// transformers' defaults of BlipTextConfig.
constexpr std::int64_t kBegin = 30522, kEnd = 102, kPad = 0;
constexpr std::int64_t kMaxToken = std::int64_t{1} << 31;

CaptionerBlueprint blueprint(const ForeignFolder& folder, const TensorMap& tensors) {
  const auto& config = folder.config();
  const auto text = config.child("text_config");
  auto vision = blip_vision(config);
  const auto options = read_blip_text_config(text, vision.network->shape().width);

  CaptionerBlueprint result;
  result.encoder = vision.network;
  result.decoder = std::make_shared<BertDecoderImpl>(options);
  result.names = vision.names.inside("encoder.");
  result.names += bert_decoder_names(options, tensors, "text_decoder.").inside("decoder.");
  result.input = read_preprocessing(folder.path(), ImageProcessor::blip);
  result.vocabulary = options.text.vocabulary;
  result.max_positions = options.text.max_positions;
  result.takes_prompt = result.shows_prompt = true;

  // generate() of this model ends captions with the separator, whatever `eos_token_id` says.
  std::vector<ForeignConfig> sources;
  if (auto generation = folder.json("generation_config.json")) sources.push_back(*generation);
  sources.push_back(text);
  const auto generation = read_generation_config(sources);
  result.defaults = generation.options;
  result.tokens = {.prompt = {text.integer("bos_token_id", kBegin, 0, kMaxToken)},
                   .ends = {text.integer("sep_token_id", kEnd, 0, kMaxToken)},
                   .forbidden = generation.forbidden,
                   .pad = text.integer("pad_token_id", kPad, 0, kMaxToken),
                   .rules = SearchRules::transformers,
                   .early_stopping = generation.early_stopping};
  return result;
}

}  // namespace

CaptionerFamily blip_family() { return {.model_type = "blip", .blueprint = blueprint}; }

}  // namespace fovea::nn
