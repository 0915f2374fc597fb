/// @file Models that another one learns from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fovea/model.hpp"
#include "nn/caption_model.hpp"
#include "text/vocabulary.hpp"

namespace fovea::train {

/// Several captioning models as one teacher: the mean of their word probabilities.
class Teachers {
 public:
  /// @throws Error: usage (other words or another input size than the pupil's), io, model.
  Teachers(const std::vector<std::filesystem::path>& folders, const text::Vocabulary& words, std::int64_t input_size,
           Precision precision);

  /// @param pixels uint8 [B, input_size, input_size, 3]   @param tokens int64 [B, C, T], begin first
  /// @return float32 [B, C, T, V]: of the token after each one, without gradients
  at::Tensor probabilities(const at::Tensor& pixels, const at::Tensor& tokens) const;

 private:
  std::vector<std::unique_ptr<const nn::CaptionModel>> models_;
};

}  // namespace fovea::train
