#include "nn/blip.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "fovea/error.hpp"
#include "nn/bert_decoder.hpp"
#include "nn/blip_vision.hpp"
#include "nn/generation_config.hpp"
#include "nn/preprocessor_config.hpp"

namespace fovea::nn {
namespace {

// transformers' defaults of BlipTextConfig.
constexpr std::int64_t kBegin = 30522, kEnd = 102, kPad = 0;
constexpr std::int64_t kMaxToken = std::int64_t{1} << 31;

/// Models of other tasks have the same 'model_type'.
void require_captioner(const ForeignConfig& config) {
  constexpr const char* kCaptioner = "BlipForConditionalGeneration";
  const auto classes = config.texts("architectures", {kCaptioner});
  if (std::find(classes.begin(), classes.end(), kCaptioner) != classes.end()) return;
  throw Error(ErrorCode::unsupported, config.source() + ": 'architectures' names " + classes.front() +
                                          "; of BLIP's models Fovea opens " + kCaptioner);
}

CaptionerBlueprint blueprint(const ForeignFolder& folder, const TensorMap& tensors) {
  const auto& config = folder.config();
  require_captioner(config);
  const auto text = config.child("text_config");
  auto vision = blip_vision(config);
  const auto options = read_blip_text_config(text, vision.network->shape().width);

  CaptionerBlueprint result;
  result.encoder = vision.network;
  result.decoder = std::make_shared<BertDecoderImpl>(options);
  result.names = vision.names.inside("encoder.");
  result.names += bert_decoder_names(options, tensors, "text_decoder.").inside("decoder.");
  result.input = read_preprocessing(folder.path(), ImageProcessor::blip).value_or(vision.input);
  result.vocabulary = options.text.vocabulary;
  result.max_positions = options.text.max_positions;
  result.takes_prompt = result.shows_prompt = true;

  // generate() of this model calls that of its text decoder, which no file's settings reach: not those of
  // generation_config.json, nor those of `text_config`. It ends captions with the separator, whatever `eos_token_id`
  // says.
  result.defaults = read_generation_config(std::nullopt, {}).options;
  result.tokens = {.prompt = {text.integer("bos_token_id", kBegin, 0, kMaxToken)},
                   .ends = {text.integer("sep_token_id", kEnd, 0, kMaxToken)},
                   .forbidden = {},
                   .pad = text.integer("pad_token_id", kPad, 0, kMaxToken),
                   .rules = SearchRules::transformers,
                   .early_stopping = EarlyStopping::no};
  return result;
}

}  // namespace

CaptionerFamily blip_family() { return {.model_type = "blip", .blueprint = blueprint}; }

}  // namespace fovea::nn
