#include "nn/git.hpp"

#include <span>

#include "nn/clip_vision.hpp"
#include "nn/generation_config.hpp"
#include "nn/git_decoder.hpp"
#include "nn/preprocessor_config.hpp"

namespace fovea::nn {
namespace {

// transformers' defaults of GitConfig.
constexpr std::int64_t kBegin = 101, kEnd = 102, kPad = 0;

CaptionerBlueprint blueprint(const ForeignFolder& folder, const TensorMap& tensors) {
  const auto& config = folder.config();
  auto vision = git_vision(config, tensors);
  const auto options = read_git_config(config, vision.network->shape().width);

  CaptionerBlueprint result;
  result.encoder = vision.network;
  result.decoder = std::make_shared<GitDecoderImpl>(options);
  result.names = vision.names.inside("encoder.");
  result.names += git_decoder_names(options, tensors).inside("decoder.");
  result.input = read_preprocessing(folder.path(), ImageProcessor::clip).value_or(vision.input);
  result.vocabulary = options.text.vocabulary;
  result.max_positions = options.text.max_positions;
  result.takes_prompt = result.shows_prompt = true;

  auto generation = read_generation_config(folder.json("generation_config.json"), std::span(&config, 1));
  if (generation.ends.empty()) generation.ends.push_back(kEnd);
  result.defaults = generation.options;
  result.tokens = {.prompt = {generation.begin.value_or(kBegin)},
                   .ends = generation.ends,
                   .forbidden = generation.forbidden,
                   .pad = generation.pad.value_or(kPad),
                   .rules = SearchRules::transformers,
                   .early_stopping = generation.early_stopping};
  return result;
}

}  // namespace

CaptionerFamily git_family() { return {.model_type = "git", .blueprint = blueprint}; }

}  // namespace fovea::nn
