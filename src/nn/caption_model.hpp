/// @file The captioning model: CNN encoder, ViT-style backbone, caption decoder; its configuration and its folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fovea/model.hpp"
#include "nn/captioning_model.hpp"
#include "nn/encoder.hpp"
#include "nn/lstm_decoder.hpp"
#include "nn/transformer_decoder.hpp"
#include "nn/vit.hpp"
#include "text/vocabulary.hpp"

namespace fovea::nn {

/// Which caption decoder a model has.
enum class DecoderFamily { transformer, lstm };

/// Sizes of a captioning model, as config.json holds them.
struct CaptionConfig {
  std::string name;     ///< id in records; empty: the folder's name
  std::string licence;  ///< terms of the training data
  /// The whole photo is squashed to this square; a multiple of 32, or as `encoder` wants it.
  std::int64_t input_size = 224;
  std::optional<EncoderConfig> encoder{};  ///< nothing: MobileNetV2
  TokenGrid grid = TokenGrid::coarse;
  TransformerOptions backbone;
  DecoderFamily decoder = DecoderFamily::transformer;
  TransformerDecoderOptions transformer;  ///< used when decoder is transformer
  LstmDecoderOptions lstm;                ///< used when decoder is lstm

  std::int64_t grid_size() const { return token_grid_size(layout_of(encoder), grid, input_size); }
};

/// @throws Error: model, naming the key that is missing, unknown or out of range. `source` is used in messages.
CaptionConfig parse_caption_config(const std::string& json, const std::string& source);
std::string to_json(const CaptionConfig& config);

/// The network. Weights: `encoder.*`, `backbone.*`, `decoder.*`.
class CaptionNetworkImpl : public torch::nn::Module {
 public:
  explicit CaptionNetworkImpl(const CaptionConfig& config);

  /// 8-bit RGB [B, input_size, input_size, 3] -> grids, in the type of the encoder's weights.
  GridFeatures extract(const at::Tensor& rgb) { return encoder_.grids(rgb); }
  /// Grids -> tokens.
  ImageMemory encode(const GridFeatures& grids) { return backbone_(grids); }
  CaptionDecoder& decoder() noexcept { return *decoder_; }
  Encoder& encoder() noexcept { return encoder_; }

 private:
  Encoder encoder_;
  GridBackbone backbone_{nullptr};
  std::shared_ptr<CaptionDecoder> decoder_;
};
TORCH_MODULE(CaptionNetwork);

/// An open model folder.
class CaptionModel final : public CaptioningModel {
 public:
  static constexpr const char* kArchitecture = "FoveaCaptioner";

  CaptionModel(const std::filesystem::path& folder, const OpenOptions& options);

  const ModelInfo& info() const noexcept override { return info_; }
  const CaptionConfig& config() const noexcept { return config_; }
  const text::Vocabulary& vocabulary() const noexcept { return vocabulary_; }

  const image::InputTransform& input_transform() const noexcept override { return input_transform_; }
  ImageMemory encode(const at::Tensor& rgb) const override;
  CaptionDecoder& decoder() const override { return network_->decoder(); }
  CaptionTokens tokens(const std::string& prompt) const override;
  CaptionOptions defaults() const override;
  std::optional<std::int64_t> max_positions() const override;
  std::string text(std::span<const std::int64_t> tokens, const std::string& prompt) const override;
  std::vector<CaptionWord> words(std::span<const std::int64_t> tokens) const override;

 private:
  CaptionConfig config_;
  image::InputTransform input_transform_;
  text::Vocabulary vocabulary_;
  mutable CaptionNetwork network_;
  ModelInfo info_;
};

/// Writes a model folder: config.json, vocab.txt and model.safetensors in float16.
void save_caption_model(const std::filesystem::path& folder, const CaptionConfig& config,
                        const text::Vocabulary& vocabulary, const torch::nn::Module& network);

}  // namespace fovea::nn
