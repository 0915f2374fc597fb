/// @file The configuration of a model that learns from normal images alone (docs/training.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "nn/patch_memory.hpp"

namespace fovea::train {

struct NormalTrainConfig {
  std::uint64_t seed = 1;
  std::string normal = "normal";  ///< label of images that are used; those without a label are, too
  double coreset_share = 0.1;     ///< of the patches that the memory keeps
  int max_patches = 10'000;       ///< in the memory, at most
  int max_candidates = 200'000;   ///< patches that the coreset is chosen from, drawn evenly from all images where there
                                  ///< are more
  int projection = 64;            ///< dimensions in which the coreset is searched
  int calibration_parts = 5;      ///< each in turn is compared with a memory of the others
  double false_alarm_share = 0.05;  ///< of normal images that may be called abnormal
  double marked_share = 0.02;       ///< of the pixels of normal images that may be marked
  nn::PatchMemoryConfig model;
};

/// @param file empty: everything as it is by default
/// @param encoder by whose features patches are known; nothing: MobileNetV2
/// @throws Error: usage, naming the key; io.
NormalTrainConfig read_normal_train_config(const std::filesystem::path& file,
                                           const std::optional<nn::EncoderConfig>& encoder = {});

/// Normal images that are needed so that a threshold can promise `false_alarm_share`.
int fewest_normal_images(double false_alarm_share);

}  // namespace fovea::train
