/// @file Weights that a training run starts from.
#pragma once

#include <filesystem>

#include "fovea/train.hpp"
#include "nn/caption_model.hpp"
#include "text/vocabulary.hpp"

namespace fovea::train {

/// The weights of a model are tied to the numbers of its words.
/// @throws Error: usage when the words in `file` are not `words`, io.
void check_same_words(const std::filesystem::path& file, const text::Vocabulary& words);

/// Fills an encoder from a model folder, whose encoder is taken, or from a file under torchvision's names.
/// @throws Error: io, model.
void load_encoder(nn::MobileNetV2Impl& encoder, const std::filesystem::path& source);

/// Puts weights into the layout in which convolutions are fastest on a CPU: channels last.
void use_channels_last(torch::nn::Module& module);

/// Fills a new network as the options say: from a whole model, or its encoder alone from a file or a model.
/// @throws Error: usage (nothing to start from, other words), io, model.
void load_starting_weights(nn::CaptionNetwork& network, const TrainCaptionOptions& options,
                           const text::Vocabulary& words);

}  // namespace fovea::train
