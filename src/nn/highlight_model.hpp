/// @file The highlighting model: CNN encoder, ViT-style backbone, dense head, labels; its configuration and its folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "nn/caption_decoder.hpp"
#include "nn/caption_stem.hpp"
#include "nn/dense_head.hpp"
#include "nn/encoder.hpp"
#include "nn/familiarity.hpp"
#include "nn/marking_model.hpp"
#include "nn/transformer_decoder.hpp"
#include "nn/vit.hpp"
#include "text/vocabulary.hpp"

namespace fovea::nn {

/// Sizes of a highlighting model, as config.json holds them.
struct HighlightConfig {
  std::string name;     ///< id in records; empty: the folder's name
  std::string licence;  ///< terms of the training data
  /// The whole image is squashed to this square; a multiple of 32, or as `encoder` wants it.
  std::int64_t input_size = 256;
  std::optional<EncoderConfig> encoder{};  ///< nothing: MobileNetV2
  std::string finding = "anomaly";         ///< what is marked, where labels do not say it
  std::vector<std::string> labels;         ///< of whole images; empty: the model tells no labels
  std::string normal;                      ///< the label of images without a finding; empty: there is none
  TokenGrid grid = TokenGrid::fine;
  TransformerOptions backbone;
  DenseHeadOptions head;
  std::optional<TransformerDecoderOptions> captions;  ///< nothing: the model writes no captions
  Calibration calibration;

  std::int64_t grid_size() const { return token_grid_size(layout_of(encoder), grid, input_size); }
  /// Number of the normal label; nothing where there is none.
  std::optional<std::size_t> normal_label() const;
  /// What sentences call a finding with each label but the normal one: "benign mass".
  std::vector<std::string> findings() const;
};

/// @throws Error: model, naming the key that is missing, unknown or out of range. `source` is used in messages.
HighlightConfig parse_highlight_config(const std::string& json, const std::string& source);
std::string to_json(const HighlightConfig& config);

/// The network. Weights: `encoder.*`, `backbone.*`, `dense.*`, `label.*`, `familiarity.*`, `caption.*`.
class HighlightNetworkImpl : public torch::nn::Module {
 public:
  explicit HighlightNetworkImpl(const HighlightConfig& config);

  /// 8-bit RGB [B, input_size, input_size, 3] -> grids, in the type of the encoder's weights.
  PyramidFeatures extract(const at::Tensor& rgb) { return encoder_.pyramid(rgb); }
  HighlightOutput forward(const PyramidFeatures& pyramid);
  /// What the caption decoder looks at: the tokens, told what the heads have found, so that the text agrees with them.
  /// @param output as calibrated() makes it
  ImageMemory caption_memory(const HighlightOutput& output);
  Encoder& encoder() noexcept { return encoder_; }
  Familiarity& familiarity() noexcept { return familiarity_; }
  /// Null where the model writes no captions.
  CaptionDecoder* decoder() noexcept { return decoder_.is_empty() ? nullptr : decoder_.get(); }

 private:
  Encoder encoder_;
  GridBackbone backbone_{nullptr};
  DenseHead dense_{nullptr};
  LabelHead label_{nullptr};
  Familiarity familiarity_{nullptr};
  CaptionStem caption_stem_{nullptr};
  TransformerDecoder decoder_{nullptr};
};
TORCH_MODULE(HighlightNetwork);

/// An open model folder.
class HighlightModel final : public MarkingModel {
 public:
  static constexpr const char* kArchitecture = "FoveaHighlighter";

  HighlightModel(const std::filesystem::path& folder, const OpenOptions& options);

  const ModelInfo& info() const noexcept override { return info_; }
  const HighlightConfig& config() const noexcept { return config_; }
  const Calibration& calibration() const noexcept override { return config_.calibration; }
  std::optional<std::size_t> normal_label() const override { return config_.normal_label(); }

  Result run(const at::Tensor& rgb) const override;

  const text::Vocabulary* vocabulary() const noexcept override { return vocabulary_ ? &*vocabulary_ : nullptr; }
  ImageMemory caption_memory(const HighlightOutput& output) const override;
  CaptionDecoder& decoder() const override { return *network_->decoder(); }
  std::int64_t max_positions() const override { return config_.captions->max_positions; }

 private:
  HighlightConfig config_;
  std::optional<text::Vocabulary> vocabulary_;
  mutable HighlightNetwork network_;
  ModelInfo info_;
};

/// Writes a model folder: config.json, model.safetensors in float16 and, for a model that writes captions, vocab.txt.
void save_highlight_model(const std::filesystem::path& folder, const HighlightConfig& config,
                          const torch::nn::Module& network, const text::Vocabulary* vocabulary = nullptr);

}  // namespace fovea::nn
