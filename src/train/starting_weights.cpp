#include "train/starting_weights.hpp"

#include <string>
#include <string_view>

#include <c10/core/GradMode.h>

#include "fovea/error.hpp"
#include "nn/weights.hpp"

namespace fovea::train {

void load_encoder(nn::MobileNetV2Impl& encoder, const std::filesystem::path& source) {
  const bool is_model = std::filesystem::is_directory(source);
  const auto file = is_model ? source / "model.safetensors" : source;
  constexpr std::string_view kEncoder = "encoder.";
  nn::TensorMap weights;
  for (const auto& [name, tensor] : nn::read_tensors(file)) {
    if (is_model) {
      if (name.starts_with(kEncoder)) weights.emplace(name.substr(kEncoder.size()), tensor);
    } else if (const auto ours = nn::mobilenet_v2_name(name); !ours.empty()) {
      weights.emplace(ours, tensor);
    }
  }
  nn::load_weights(encoder, weights, file.string());
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
    load_encoder(*network->encoder(), options.encoder_weights);
  } else {
    throw Error(ErrorCode::usage, "training starts from an encoder's weights or a model: give one of the two");
  }
  use_channels_last(*network->encoder());
}

}  // namespace fovea::train
