#include "nn/highlight_model.hpp"

#include <c10/core/InferenceMode.h>

#include "fovea/error.hpp"
#include "image/input_description.hpp"
#include "io/file.hpp"
#include "nn/model_folder.hpp"
#include "nn/weights.hpp"

namespace fovea::nn {

HighlightNetworkImpl::HighlightNetworkImpl(const HighlightConfig& config) : encoder_(config.encoder) {
  register_module("encoder", encoder_.module());
  const auto& layout = encoder_.layout();
  backbone_ = register_module(
      "backbone", GridBackbone(config.grid, config.grid_size(), config.grid_size(), config.backbone, layout));
  dense_ = register_module("dense", DenseHead(config.backbone.width, config.head, layout));
  if (!config.labels.empty()) {
    label_ = register_module("label", LabelHead(config.backbone.width, static_cast<std::int64_t>(config.labels.size()),
                                                config.head.label_dropout, layout));
  }
  familiarity_ = register_module("familiarity", Familiarity(FamiliarityImpl::features_of(layout)));
  if (config.captions) {
    const auto caption = register_module("caption", std::make_shared<torch::nn::Module>());
    caption_stem_ = caption->register_module("stem", CaptionStem(config.backbone.width, config.grid_size(),
                                                                 static_cast<std::int64_t>(config.labels.size())));
    decoder_ = caption->register_module("decoder", TransformerDecoder(*config.captions));
  }
}

HighlightOutput HighlightNetworkImpl::forward(const PyramidFeatures& pyramid) {
  HighlightOutput out;
  out.memory = backbone_(pyramid.grids);
  out.heat = dense_(out.memory, pyramid);
  // Labels learn from the map, the map does not learn from labels.
  if (label_) out.labels = label_(out.memory, pyramid.grids.coarse, out.heat.detach().to(at::kFloat));
  return out;
}

ImageMemory HighlightNetworkImpl::caption_memory(const HighlightOutput& output) {
  return caption_stem_(output.memory, output.heat, output.labels);
}

HighlightModel::HighlightModel(const std::filesystem::path& folder, const OpenOptions& options)
    : config_(parse_highlight_config(read_model_text(folder / "config.json"), (folder / "config.json").string())),
      network_(config_) {
  if (config_.captions) {
    vocabulary_ = text::Vocabulary::load(folder / "vocab.txt");
    if (vocabulary_->size() != config_.captions->vocabulary_size) {
      throw Error(ErrorCode::model, (folder / "vocab.txt").string() + " has " + std::to_string(vocabulary_->size()) +
                                        " words, config.json says " +
                                        std::to_string(config_.captions->vocabulary_size));
    }
    info_.vocabulary_size = static_cast<int>(vocabulary_->size());
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
  network_->familiarity()->to(at::kFloat);
  network_->encoder().pack(type, config_.input_size);

  const auto folder_name = std::filesystem::weakly_canonical(folder).filename().string();
  info_.id = config_.name.empty() ? folder_name : config_.name;
  info_.architecture = kArchitecture;
  info_.sha256 = config_.captions ? folder_digest(folder, {"config.json", "vocab.txt", "model.safetensors"})
                                  : folder_digest(folder, {"config.json", "model.safetensors"});
  info_.licence = config_.licence;
  info_.finding = config_.finding;
  info_.preprocessing =
      image::describe_view(image::squash(static_cast<int>(config_.input_size), static_cast<int>(config_.input_size)));
  if (config_.encoder) info_.preprocessing += "; " + image::describe_values(config_.encoder->values);
  info_.labels = config_.labels;
  info_.findings = config_.findings();
  info_.input_width = info_.input_height = static_cast<int>(config_.input_size);
}

HighlightModel::Result HighlightModel::run(const at::Tensor& rgb) const {
  const c10::InferenceMode inference;
  const auto pyramid = network_->extract(rgb);
  Result result{.output = network_->forward(pyramid),
                .anomaly = {},
                .distance = network_->familiarity()->distance(FamiliarityImpl::features(pyramid))};
  result.output.heat = result.output.heat.to(at::kFloat);
  if (result.output.labels.defined()) result.output.labels = result.output.labels.to(at::kFloat);
  return result;
}

ImageMemory HighlightModel::caption_memory(const HighlightOutput& output) const {
  const c10::InferenceMode inference;
  return network_->caption_memory(output);
}

void save_highlight_model(const std::filesystem::path& folder, const HighlightConfig& config,
                          const torch::nn::Module& network, const text::Vocabulary* vocabulary) {
  io::make_folder(folder);
  write_model_text(folder / "config.json", to_json(config));
  if (vocabulary != nullptr) vocabulary->save(folder / "vocab.txt");
  write_tensors(folder / "model.safetensors", named_weights(network), at::kHalf, {{"format", "pt"}});
}

}  // namespace fovea::nn
