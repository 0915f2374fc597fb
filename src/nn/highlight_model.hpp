/// @file The highlighting model: CNN encoder, ViT-style backbone, dense head, labels; its configuration and its folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fovea/model.hpp"
#include "nn/dense_head.hpp"
#include "nn/mobilenet_v2.hpp"
#include "nn/packed_mobilenet_v2.hpp"
#include "nn/vit.hpp"

namespace fovea::nn {

/// What was fitted on data that the weights were not trained on (Guo et al. 2017, "On Calibration of Modern Neural
/// Networks", for the temperatures).
struct Calibration {
  double pixel_temperature = 1;    ///< logits of the heat map are divided by this
  double label_temperature = 1;    ///< logits of the labels are divided by this
  double threshold = 0.5;          ///< of the heat map: gives the best mean Dice
  double anomaly_threshold = 0.5;  ///< of the anomaly score: gives the best sensitivity + specificity
};

/// Sizes of a highlighting model, as config.json holds them.
struct HighlightConfig {
  std::string name;                 ///< id in records; empty: the folder's name
  std::string licence;              ///< terms of the training data
  std::int64_t input_size = 256;    ///< the whole image is squashed to this square; a multiple of 32
  std::string finding = "anomaly";  ///< what is marked, where labels do not say it
  std::vector<std::string> labels;  ///< of whole images; empty: the model tells no labels
  std::string normal;               ///< the label of images without a finding; empty: there is none
  TokenGrid grid = TokenGrid::fine;
  TransformerOptions backbone;
  DenseHeadOptions head;
  Calibration calibration;

  std::int64_t grid_size() const noexcept {
    return input_size / (grid == TokenGrid::coarse ? MobileNetV2Impl::kCoarseStride : MobileNetV2Impl::kFineStride);
  }
  /// Number of the normal label; nothing where there is none.
  std::optional<std::size_t> normal_label() const;
};

/// @throws Error: model, naming the key that is missing, unknown or out of range. `source` is used in messages.
HighlightConfig parse_highlight_config(const std::string& json, const std::string& source);
std::string to_json(const HighlightConfig& config);

/// What the network says of a batch.
struct HighlightOutput {
  at::Tensor heat;     ///< logits [B, 1, H/4, W/4]
  at::Tensor labels;   ///< logits [B, labels]; undefined where the model tells none
  ImageMemory memory;  ///< the backbone's tokens
};

/// The network. Weights: `encoder.*`, `backbone.*`, `dense.*`, `label.*`.
class HighlightNetworkImpl : public torch::nn::Module {
 public:
  explicit HighlightNetworkImpl(const HighlightConfig& config);

  /// 8-bit RGB [B, input_size, input_size, 3] -> grids, in the type of the encoder's weights.
  PyramidFeatures extract(const at::Tensor& rgb);
  HighlightOutput forward(const PyramidFeatures& pyramid);
  MobileNetV2& encoder() noexcept { return encoder_; }

 private:
  MobileNetV2 encoder_;
  GridBackbone backbone_;
  DenseHead dense_;
  LabelHead label_{nullptr};
};
TORCH_MODULE(HighlightNetwork);

/// An open model folder.
class HighlightModel final : public Model {
 public:
  static constexpr const char* kArchitecture = "FoveaHighlighter";

  HighlightModel(const std::filesystem::path& folder, const OpenOptions& options);

  const ModelInfo& info() const noexcept override { return info_; }
  const HighlightConfig& config() const noexcept { return config_; }

  /// 8-bit RGB [B, input_size, input_size, 3] -> logits, float32. Thread-safe: changes nothing in the network.
  HighlightOutput run(const at::Tensor& rgb) const;

 private:
  HighlightConfig config_;
  mutable HighlightNetwork network_;
  std::optional<PackedMobileNetV2> packed_encoder_;
  ModelInfo info_;
};

/// Writes a model folder: config.json and model.safetensors in float16.
void save_highlight_model(const std::filesystem::path& folder, const HighlightConfig& config,
                          const torch::nn::Module& network);

}  // namespace fovea::nn
