#include "nn/caption_model.hpp"

#include <algorithm>

#include <c10/core/InferenceMode.h>

#include "fovea/error.hpp"
#include "image/input_description.hpp"
#include "io/file.hpp"
#include "nn/model_folder.hpp"
#include "nn/weights.hpp"
#include "text/ptb_tokenizer.hpp"

namespace fovea::nn {
namespace {

std::shared_ptr<CaptionDecoder> make_decoder(const CaptionConfig& config) {
  if (config.decoder == DecoderFamily::lstm) return LstmDecoder(config.lstm).ptr();
  return TransformerDecoder(config.transformer).ptr();
}

}  // namespace

CaptionNetworkImpl::CaptionNetworkImpl(const CaptionConfig& config) : encoder_(config.encoder) {
  register_module("encoder", encoder_.module());
  backbone_ = register_module("backbone", GridBackbone(config.grid, config.grid_size(), config.grid_size(),
                                                       config.backbone, encoder_.layout()));
  decoder_ = register_module("decoder", make_decoder(config));
}

CaptionModel::CaptionModel(const std::filesystem::path& folder, const OpenOptions& options)
    : config_(parse_caption_config(read_model_text(folder / "config.json"), (folder / "config.json").string())),
      vocabulary_(text::Vocabulary::load(folder / "vocab.txt")),
      network_(config_) {
  const bool lstm = config_.decoder == DecoderFamily::lstm;
  const auto expected = lstm ? config_.lstm.vocabulary_size : config_.transformer.vocabulary_size;
  if (vocabulary_.size() != expected) {
    throw Error(ErrorCode::model, (folder / "vocab.txt").string() + " has " + std::to_string(vocabulary_.size()) +
                                      " words, config.json says " + std::to_string(expected));
  }
  const auto weights = folder / "model.safetensors";
  load_weights(*network_, read_tensors(weights), weights.string());
  network_->eval();
  for (auto& parameter : network_->parameters()) {
    parameter.set_requires_grad(false);
    info_.parameters += parameter.numel();
  }
  const auto type = options.precision == Precision::bf16 ? at::kBFloat16 : at::kFloat;
  network_->to(type);
  network_->encoder().pack(type, config_.input_size);

  const auto folder_name = std::filesystem::weakly_canonical(folder).filename().string();
  info_.id = config_.name.empty() ? folder_name : config_.name;
  info_.architecture = kArchitecture;
  info_.sha256 = folder_digest(folder, {"config.json", "vocab.txt", "model.safetensors"});
  info_.licence = config_.licence;
  info_.input_width = info_.input_height = static_cast<int>(config_.input_size);
  input_transform_ = image::squash(info_.input_width, info_.input_height);
  info_.preprocessing = image::describe_view(input_transform_);
  if (config_.encoder) info_.preprocessing += "; " + image::describe_values(config_.encoder->values);
  info_.vocabulary_size = static_cast<int>(vocabulary_.size());
}

ImageMemory CaptionModel::encode(const at::Tensor& rgb) const {
  const c10::InferenceMode inference;
  return network_->encode(network_->extract(rgb));
}

CaptionTokens CaptionModel::tokens(const std::string& prompt) const {
  if (prompt.empty()) return {};
  throw Error(ErrorCode::usage, "caption option prompt is '" + prompt + "', but model " + info_.id +
                                    " was not trained to go on from a prompt; leave it empty");
}

CaptionOptions CaptionModel::defaults() const {
  CaptionOptions options;
  if (const auto positions = max_positions()) {  // one is the begin token's
    options.max_length = static_cast<int>(std::clamp<std::int64_t>(*positions - 1, 1, options.max_length));
  }
  return options;
}

std::optional<std::int64_t> CaptionModel::max_positions() const {
  if (config_.decoder != DecoderFamily::transformer) return std::nullopt;
  return config_.transformer.max_positions;  // a transformer has learned positions
}

std::string CaptionModel::text(std::span<const std::int64_t> tokens, const std::string&) const {
  std::vector<std::string> words;
  for (const auto token : tokens) words.push_back(vocabulary_.word(token));
  return text::to_sentence(words);
}

std::vector<CaptionWord> CaptionModel::words(std::span<const std::int64_t> tokens) const {
  return words_of(tokens, vocabulary_);
}

void save_caption_model(const std::filesystem::path& folder, const CaptionConfig& config,
                        const text::Vocabulary& vocabulary, const torch::nn::Module& network) {
  io::make_folder(folder);
  write_model_text(folder / "config.json", to_json(config));
  vocabulary.save(folder / "vocab.txt");
  write_tensors(folder / "model.safetensors", named_weights(network), at::kHalf, {{"format", "pt"}});
}

}  // namespace fovea::nn
