#include "train/starting_weights.hpp"

#include <string>

#include <c10/core/GradMode.h>

#include "fovea/error.hpp"
#include "nn/classifier_model.hpp"
#include "nn/encoder_config.hpp"
#include "nn/foreign_folder.hpp"
#include "nn/highlight_model.hpp"
#include "nn/model_folder.hpp"
#include "nn/patch_memory.hpp"
#include "nn/weights.hpp"

namespace fovea::train {

namespace {

/// Whether a configuration is that of a model of this project.
bool is_ours(const nn::ForeignConfig& config) {
  const auto architecture = config.text("architecture", "");
  return architecture == nn::CaptionModel::kArchitecture || architecture == nn::HighlightModel::kArchitecture ||
         architecture == nn::PatchMemoryModel::kArchitecture;
}

/// The weights of a folder of another library under our names, mapped where they are stored as they are used.
nn::TensorMap foreign_weights(const nn::ForeignFolder& folder) {
  const auto* family = nn::find_backbone_family(folder.config());
  if (family == nullptr) folder.config().fail("no image encoder that is known");
  auto tensors = folder.tensors();
  const auto blueprint = family->blueprint(folder.config(), tensors);
  nn::load_foreign_weights(*blueprint.network, std::move(tensors), blueprint.names, at::kFloat, folder.path().string());
  return nn::named_weights(*blueprint.network);
}

bool has_config(const std::filesystem::path& source) {
  return std::filesystem::is_directory(source) && std::filesystem::exists(source / "config.json");
}

/// Weights of a highlighter whose shape or meaning hangs on its labels.
bool speaks_of_labels(const std::string& name) {
  return name.starts_with("label.") || name.starts_with("caption.") || name.starts_with("familiarity.");
}

}  // namespace

std::optional<nn::EncoderConfig> find_encoder(const std::filesystem::path& source) {
  if (!has_config(source)) return std::nullopt;
  const nn::ForeignFolder folder(source);
  const auto& config = folder.config();
  if (is_ours(config)) {
    if (!config.has("encoder")) return std::nullopt;
    return nn::parse_encoder(config.json().at("encoder"), config.source() + ": encoder");
  }
  const auto* family = nn::find_backbone_family(config);
  if (family == nullptr) return nn::describe_encoder(config, {});  // which says what is known
  return nn::describe_encoder(config, nn::stated_input(folder, *family, family->blueprint(config, folder.tensors())));
}

void put_encoder(text::OrderedJson& model, const std::optional<nn::EncoderConfig>& encoder, const std::string& source) {
  if (!model.is_object()) return;  // which is refused where it is read
  if (model.contains("encoder")) {
    throw Error(ErrorCode::usage, source + ": 'encoder' is not a known key: the weights that a run starts from say it");
  }
  if (encoder) model["encoder"] = nn::encoder_json(*encoder);
}

void load_encoder(const nn::Encoder& encoder, const std::filesystem::path& source) {
  nn::TensorMap found;
  auto where = source;
  if (!std::filesystem::is_directory(source)) {
    for (const auto& [name, tensor] : nn::read_tensors(source)) {
      if (const auto ours = nn::mobilenet_v2_name(name); !ours.empty()) found.emplace(ours, tensor);
    }
  } else if (encoder.mobilenet_v2() != nullptr || is_ours(nn::ForeignFolder(source).config())) {
    where = source / "model.safetensors";
    found = nn::tensors_below(nn::read_tensors(where), "encoder.");
  } else {
    const auto all = foreign_weights(nn::ForeignFolder(source));
    for (const auto& [name, weight] : nn::named_weights(*encoder.module())) {
      if (const auto weights = all.find(name); weights != all.end()) found.insert(*weights);  // without a classifier
    }
  }
  nn::load_weights(*encoder.module(), found, where.string());
}

void use_channels_last(torch::nn::Module& module) {
  const c10::AutoGradMode no_grad(false);
  for (auto& parameter : module.parameters()) {
    parameter.set_data(
        parameter.contiguous(parameter.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous));
  }
}

void check_same_words(const std::filesystem::path& file, const text::Vocabulary& words) {
  const auto found = text::Vocabulary::load(file);
  if (found == words) return;
  throw Error(ErrorCode::usage, file.string() + " (" + std::to_string(found.size()) +
                                    " words) is not the vocabulary of the training data (" +
                                    std::to_string(words.size()) +
                                    " words); train on the data and with the min_word_count of the model");
}

void load_starting_weights(nn::CaptionNetwork& network, const TrainCaptionOptions& options,
                           const text::Vocabulary& words) {
  if (!options.init.empty()) {
    const bool is_model = std::filesystem::is_directory(options.init);
    const auto file = is_model ? options.init / "model.safetensors" : options.init;
    if (is_model) check_same_words(options.init / "vocab.txt", words);
    nn::load_weights(*network, nn::read_tensors(file), file.string());
  } else if (!options.encoder_weights.empty()) {
    load_encoder(network->encoder(), options.encoder_weights);
  } else {
    throw Error(ErrorCode::usage, "training starts from an encoder's weights or a model: give one of the two");
  }
  use_channels_last(*network->encoder().module());
}

void load_starting_weights(nn::HighlightNetwork& network, const TrainHighlightOptions& options,
                           const nn::HighlightConfig& config) {
  if (!options.init.empty()) {
    const bool is_model = std::filesystem::is_directory(options.init);
    const auto file = is_model ? options.init / "model.safetensors" : options.init;
    auto weights = nn::read_tensors(file);
    const auto configuration = options.init / "config.json";
    if (is_model && nn::parse_highlight_config(nn::read_model_text(configuration), configuration.string()).labels !=
                        config.labels) {
      std::erase_if(weights, [](const auto& weight) { return speaks_of_labels(weight.first); });
      for (const auto& [name, tensor] : nn::named_weights(*network)) {
        if (speaks_of_labels(name)) weights.emplace(name, tensor);
      }
    }
    nn::load_weights(*network, weights, file.string());
  } else if (!options.encoder_weights.empty()) {
    load_encoder(network->encoder(), options.encoder_weights);
  } else {
    throw Error(ErrorCode::usage, "training starts from an encoder's weights or a model: give one of the two");
  }
  use_channels_last(*network);
}

}  // namespace fovea::train
