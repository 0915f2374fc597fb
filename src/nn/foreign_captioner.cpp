#include "nn/foreign_captioner.hpp"

#include <algorithm>
#include <utility>

#include <c10/core/InferenceMode.h>

#include "fovea/error.hpp"
#include "image/input_description.hpp"
#include "nn/backbone_families.hpp"
#include "nn/blip.hpp"
#include "nn/git.hpp"
#include "nn/input_tensor.hpp"
#include "nn/layers.hpp"
#include "nn/vision_encoder_decoder.hpp"
#include "text/load_tokenizer.hpp"

namespace fovea::nn {
namespace {

/// The search's tokens must be rows of the vocabulary. Padding is looked up too, but what comes of it is never used: an
/// end does as well.
void check_tokens(CaptionerBlueprint& blueprint, const ForeignFolder& folder) {
  const auto check = [&](const char* what, std::int64_t token) {
    if (token >= 0 && token < blueprint.vocabulary) return;
    folder.config().fail(std::string(what) + " is token " + std::to_string(token) + ", but the decoder knows " +
                         std::to_string(blueprint.vocabulary) + " tokens");
  };
  for (const auto token : blueprint.tokens.prompt) check("the begin of a caption", token);
  for (const auto token : blueprint.tokens.ends) check("the end of a caption", token);
  for (const auto token : blueprint.tokens.forbidden) check("'suppress_tokens'", token);
  if (blueprint.tokens.ends.empty()) folder.config().fail("no token ends a caption: 'eos_token_id' is missing");
  if (blueprint.tokens.pad < 0 || blueprint.tokens.pad >= blueprint.vocabulary) {
    blueprint.tokens.pad = blueprint.tokens.ends.front();
  }
}

/// Captions that the decoder has positions for, where the authors allow longer ones.
CaptionOptions fitting(CaptionOptions options, const CaptionerBlueprint& blueprint) {
  const auto room = blueprint.max_positions - static_cast<std::int64_t>(blueprint.tokens.prompt.size());
  options.max_length = static_cast<int>(std::clamp<std::int64_t>(room, 1, options.max_length));
  options.min_length = std::min(options.min_length, options.max_length);
  return options;
}

}  // namespace

std::span<const CaptionerFamily> captioner_families() {
  static const std::vector<CaptionerFamily> families{blip_family(), vision_encoder_decoder_family(), git_family()};
  return families;
}

ForeignCaptioner::ForeignCaptioner(const ForeignFolder& folder, const CaptionerFamily& family,
                                   const OpenOptions& options)
    : tokenizer_(text::load_tokenizer(folder.path())),
      type_(options.precision == Precision::bf16 ? at::kBFloat16 : at::kFloat) {
  auto tensors = folder.tensors();
  blueprint_ = family.blueprint(folder, tensors);
  check_tokens(blueprint_, folder);
  check_input(blueprint_.encoder->shape(), blueprint_.input, folder.path().string());
  blueprint_.defaults = fitting(blueprint_.defaults, blueprint_);
  torch::nn::Module network;
  network.register_module("encoder", blueprint_.encoder);
  network.register_module("decoder", blueprint_.decoder);
  load_foreign_weights(network, std::move(tensors), blueprint_.names, type_, folder.path().string());
  network.eval();
  info_ = folder.info(folder.config().texts("architectures", {family.model_type}).front());
  for (const auto& parameter : network.parameters()) info_.parameters += parameter.numel();
  info_.family = family.model_type;
  info_.preprocessing = image::describe_view(blueprint_.input) + "; " + image::describe_values(blueprint_.input);
  info_.input_width = blueprint_.input.width;
  info_.input_height = blueprint_.input.height;
  info_.vocabulary_size = static_cast<int>(blueprint_.vocabulary);
  blueprint_.encoder->pack();
  pack_linears(*blueprint_.decoder);
}

ImageMemory ForeignCaptioner::encode(const at::Tensor& rgb) const {
  const c10::InferenceMode inference;
  const auto pixels = normalize(rgb, blueprint_.input).to(type_);
  const auto& shape = blueprint_.encoder->shape();
  return {.tokens = blueprint_.encoder->forward(pixels, {}).last,
          .grid_height = pixels.size(2) / shape.levels.back().stride,
          .grid_width = pixels.size(3) / shape.levels.back().stride,
          .prefix = shape.prefix_tokens};
}

CaptionTokens ForeignCaptioner::tokens(const std::string& prompt) const {
  auto tokens = blueprint_.tokens;
  if (prompt.empty()) return tokens;
  if (!blueprint_.takes_prompt) {
    throw Error(ErrorCode::usage, "caption option prompt is '" + prompt + "', but model " + info_.id +
                                      " does not go on from a prompt; leave it empty");
  }
  const auto words = tokenizer_->encode(prompt, /*add_special_tokens=*/false);
  tokens.prompt.insert(tokens.prompt.end(), words.begin(), words.end());
  if (static_cast<std::int64_t>(tokens.prompt.size()) >= blueprint_.max_positions) {
    throw Error(ErrorCode::usage, "caption option prompt has " + std::to_string(words.size()) + " tokens; model " +
                                      info_.id + " takes " + std::to_string(blueprint_.max_positions) +
                                      " for prompt and caption together");
  }
  return tokens;
}

std::string ForeignCaptioner::text(std::span<const std::int64_t> tokens, const std::string& prompt) const {
  std::vector<std::int64_t> all;
  if (!prompt.empty() && blueprint_.shows_prompt) all = tokenizer_->encode(prompt, /*add_special_tokens=*/false);
  all.insert(all.end(), tokens.begin(), tokens.end());
  auto text = tokenizer_->decode(all, /*skip_special_tokens=*/true);
  // Byte-level pieces begin with their space.
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? std::string() : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<CaptionWord> ForeignCaptioner::words(std::span<const std::int64_t> tokens) const {
  std::vector<CaptionWord> words;
  for (auto& word : tokenizer_->words(tokens)) {
    words.push_back({std::move(word.text), word.first, word.first + word.count});
  }
  return words;
}

}  // namespace fovea::nn
