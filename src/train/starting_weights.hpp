/// @file Weights that a training run starts from.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "fovea/train.hpp"
#include "nn/caption_model.hpp"
#include "nn/encoder.hpp"
#include "nn/highlight_model.hpp"
#include "text/json_section.hpp"
#include "text/vocabulary.hpp"

namespace fovea::train {

/// The weights of a model are tied to the numbers of its words.
/// @throws Error: usage when the words in `file` are not `words`, io.
void check_same_words(const std::filesystem::path& file, const text::Vocabulary& words);

/// The encoder of another library that a run starts from: of a folder of a backbone family, or of a model of ours that
/// was trained on one. Nothing where it is MobileNetV2, or `source` is empty.
/// @throws Error: io; model and unsupported, as nn::describe_encoder().
std::optional<nn::EncoderConfig> find_encoder(const std::filesystem::path& source);

/// Puts the encoder that a run starts from into the model of its configuration, where it is not MobileNetV2.
/// @throws Error: usage when the model has an `encoder` already: `source` decides.
void put_encoder(text::OrderedJson& model, const std::optional<nn::EncoderConfig>& encoder, const std::string& source);

/// Fills an encoder from a model folder of ours, whose encoder is taken; for MobileNetV2 also from a file under
/// torchvision's names; for another network from a folder of its family. Weights are copied into memory.
/// @throws Error: io, model.
void load_encoder(const nn::Encoder& encoder, const std::filesystem::path& source);

/// Puts weights into the layout in which convolutions are fastest on a CPU: channels last.
void use_channels_last(torch::nn::Module& module);

/// Fills a new network as the options say: from a whole model, or its encoder alone from a file or a model.
/// @throws Error: usage (nothing to start from, other words), io, model.
void load_starting_weights(nn::CaptionNetwork& network, const TrainCaptionOptions& options,
                           const text::Vocabulary& words);

/// Fills a new network as the options say: from a whole model, or its encoder alone from a file or a model. Of a model
/// of other labels the encoder, the self-attention blocks and the dense head are taken: what speaks of labels stays
/// new.
/// @throws Error: usage (nothing to start from), io, model.
void load_starting_weights(nn::HighlightNetwork& network, const TrainHighlightOptions& options,
                           const nn::HighlightConfig& config);

}  // namespace fovea::train
