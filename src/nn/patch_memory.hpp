/// @file The model that knows normal images only: a memory of their patches (PatchCore, Roth et al. 2022, "Towards
/// Total Recall in Industrial Anomaly Detection", arXiv 2106.08265); its configuration and its folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fovea/model.hpp"
#include "nn/encoder.hpp"
#include "nn/familiarity.hpp"
#include "nn/marking_model.hpp"
#include "nn/nearest.hpp"
#include "nn/patch_features.hpp"

namespace fovea::nn {

/// From distances to scores of 0 to 1: sigmoid(x) for x = (distance - limit) / scale up to 0, sigmoid(asinh(x)) above.
/// The inverse of sinh, x near 0 and a logarithm far from it, keeps distances apart that the sigmoid alone would
/// make 1.
struct DistanceScale {
  double limit = 1;
  double scale = 1;
};

/// What was fitted on normal images that the memory they were compared with does not hold. There are no anomalies to
/// fit on, so the scores are no probabilities: 0.5 is what few normal images (pixels) exceed, 0.05 their median.
struct NormalCalibration {
  DistanceScale pixel;
  DistanceScale image;
  double marked_share = 0;       ///< of held-out pixels at a heat of 0.5 or more, as was asked for
  double false_alarm_share = 0;  ///< of normal images with an anomaly score of 0.5 or more, at most, as was asked for
  std::int64_t images = 0;       ///< that were held out
};

/// Sizes of a memory of patches, as config.json holds them.
struct PatchMemoryConfig {
  std::string name;     ///< id in records; empty: the folder's name
  std::string licence;  ///< terms of the training data
  /// The whole image is squashed to this square; a multiple of 32, or as `encoder` wants it.
  std::int64_t input_size = 256;
  std::optional<EncoderConfig> encoder{};                                           ///< nothing: MobileNetV2
  std::string finding = "anomaly";                                                  ///< what is marked
  std::vector<PyramidLevel> levels{PyramidLevel::eighth, PyramidLevel::sixteenth};  ///< finest first
  std::int64_t patches = 1;                                                         ///< in the memory
  std::int64_t neighbours = 9;  ///< of the nearest patch, by which the image's score is weighted; 1: it is not
  double smoothing = 4;         ///< sigma of the Gaussian over the heat map, in pixels of the input
  NormalCalibration calibration;

  /// Features of each level.
  std::vector<std::int64_t> level_channels() const;
  /// Their sum: D.
  std::int64_t channels() const;
};

/// @throws Error: model, naming the key that is missing, unknown or out of range. `source` is used in messages.
PatchMemoryConfig parse_patch_memory_config(const std::string& json, const std::string& source);
std::string to_json(const PatchMemoryConfig& config);

/// Patches of normal images, and how far others are from them. Immutable, thread-safe.
class PatchMemory {
 public:
  /// @param patches float32 [M, D]
  PatchMemory(const at::Tensor& patches, std::int64_t neighbours);

  struct Distances {
    at::Tensor map;    ///< float32 [B, h, w]: of each patch from the nearest one of the memory
    at::Tensor image;  ///< float32 [B]: the largest, weighted by how usual the patch nearest to it is
  };
  /// @param features float32 [B, D, h, w] as patch_features() makes them, scaled as the memory's
  Distances compare(const at::Tensor& features) const;

 private:
  NearestNeighbours patches_;
  std::int64_t neighbours_;
};

/// A map of distances [B, h, w] at a quarter of the input's resolution, smoothed: [B, 1, size / 4, size / 4].
/// @param sigma in pixels of the input; 0: not smoothed
at::Tensor smooth_distances(const at::Tensor& map, std::int64_t input_size, double sigma);

/// The weights: `encoder.*`, `memory.patches`, `memory.scales`, `familiarity.*`.
class PatchMemoryNetworkImpl : public torch::nn::Module {
 public:
  explicit PatchMemoryNetworkImpl(const PatchMemoryConfig& config);

  Encoder& encoder() noexcept { return encoder_; }
  Familiarity& familiarity() noexcept { return familiarity_; }
  /// [patches, D], scaled
  const at::Tensor& patches() const noexcept { return patches_; }
  /// [levels]: a level's features are multiplied by it, so that all levels count alike
  const at::Tensor& scales() const noexcept { return scales_; }

 private:
  Encoder encoder_;
  Familiarity familiarity_{nullptr};
  at::Tensor patches_;
  at::Tensor scales_;
};
TORCH_MODULE(PatchMemoryNetwork);

/// Features of each level times its scale. @param features [B, D, h, w]   @param scales [levels]
/// @param channels of each level; D together
at::Tensor scale_levels(const at::Tensor& features, const at::Tensor& scales,
                        const std::vector<std::int64_t>& channels);

/// The levels that a memory knows patches by, where nothing else is said: strides 8 and 16, or an encoder's one grid.
std::vector<PyramidLevel> usual_levels(const std::optional<EncoderConfig>& encoder);

/// An open model folder.
class PatchMemoryModel final : public MarkingModel {
 public:
  static constexpr const char* kArchitecture = "FoveaPatchCore";

  PatchMemoryModel(const std::filesystem::path& folder, const OpenOptions& options);

  const ModelInfo& info() const noexcept override { return info_; }
  const PatchMemoryConfig& config() const noexcept { return config_; }
  const Calibration& calibration() const noexcept override { return calibration_; }

  Result run(const at::Tensor& rgb) const override;

 private:
  PatchMemoryConfig config_;
  Calibration calibration_;  // both thresholds 0.5: the scores are made so
  Familiarity familiarity_{nullptr};
  at::Tensor scales_;
  std::optional<Encoder> encoder_;
  std::optional<PatchMemory> memory_;
  ModelInfo info_;
};

/// Writes a model folder: config.json, and model.safetensors in float16.
void save_patch_memory(const std::filesystem::path& folder, const PatchMemoryConfig& config,
                       const torch::nn::Module& network);

}  // namespace fovea::nn
