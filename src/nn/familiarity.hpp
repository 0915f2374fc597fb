/// @file How unlike the training data an image is, by the statistics of the encoder's features.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "nn/mobilenet_v2.hpp"
#include "nn/pyramid.hpp"

namespace fovea::nn {

/// A Gaussian of the images' feature statistics: the Mahalanobis distance (Lee et al. 2018, "A Simple Unified Framework
/// for Detecting Out-of-Distribution Samples") with the covariance of probabilistic PCA (Tipping and Bishop 1999),
/// since there are fewer images than pairs of features. Weights: `mean`, `scale`, `components`, `deviations`, `limit`.
class FamiliarityImpl : public torch::nn::Module {
 public:
  /// Of MobileNetV2.
  static constexpr std::int64_t kFeatures =
      2 * (MobileNetV2Impl::kQuarterChannels + MobileNetV2Impl::kEighthChannels + MobileNetV2Impl::kFineChannels);
  static constexpr std::int64_t kComponents = 32;  ///< at most: one less than there are features

  /// @param features as features_of() says
  explicit FamiliarityImpl(std::int64_t features = kFeatures);

  /// Number of features of an encoder: F.
  static std::int64_t features_of(const PyramidLayout& layout);
  /// Mean and standard deviation over the image of each channel at strides 4, 8 and 16, or of an encoder's one grid:
  /// float32 [B, F].
  static at::Tensor features(const PyramidFeatures& pyramid);

  /// @param training [N, F], N over kComponents
  /// @param held_out [M, F] of images that no weights were trained on: almost all of them are within the limit
  void fit(const at::Tensor& training, const at::Tensor& held_out);

  /// @return [B], in units of the limit; 0 before fit()
  at::Tensor distance(const at::Tensor& features) const;

 private:
  at::Tensor raw_distance(const at::Tensor& features) const;

  at::Tensor mean_;        // [F]
  at::Tensor scale_;       // [F]
  at::Tensor components_;  // [K, F], of the standardised features
  at::Tensor deviations_;  // [K + 1]: along each component, and of what is left
  at::Tensor limit_;       // [1]; 0: not fitted
};
TORCH_MODULE(Familiarity);

}  // namespace fovea::nn
