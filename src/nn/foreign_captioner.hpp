/// @file Captioners of other libraries: an image encoder and a caption decoder behind one interface.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nn/backbone.hpp"
#include "nn/captioning_model.hpp"
#include "nn/foreign_folder.hpp"
#include "nn/name_map.hpp"
#include "text/tokenizer.hpp"

namespace fovea::nn {

/// A captioner as its configuration describes it, and where its weights are found.
struct CaptionerBlueprint {
  std::shared_ptr<Backbone> encoder;        ///< weights not set yet
  std::shared_ptr<CaptionDecoder> decoder;  ///< weights not set yet
  NameMap names;                            ///< of `encoder.*` and `decoder.*`
  image::InputTransform input;
  CaptionTokens tokens;     ///< the prompt is the begin token alone
  CaptionOptions defaults;  ///< of the search
  std::int64_t vocabulary = 0;
  std::int64_t max_positions = 0;
  bool takes_prompt = false;
  bool shows_prompt = false;  ///< captions are said with their prompt in front
};

/// One family.
struct CaptionerFamily {
  std::string model_type;  ///< of config.json
  /// @param tensors only their names and shapes count
  CaptionerBlueprint (*blueprint)(const ForeignFolder& folder, const TensorMap& tensors);
};

/// All of them.
std::span<const CaptionerFamily> captioner_families();

/// An open folder.
class ForeignCaptioner final : public CaptioningModel {
 public:
  /// @throws Error: io, corrupt, model, unsupported.
  ForeignCaptioner(const ForeignFolder& folder, const CaptionerFamily& family, const OpenOptions& options);

  const ModelInfo& info() const noexcept override { return info_; }
  const image::InputTransform& input_transform() const noexcept override { return blueprint_.input; }
  ImageMemory encode(const at::Tensor& rgb) const override;
  CaptionDecoder& decoder() const override { return *blueprint_.decoder; }
  CaptionTokens tokens(const std::string& prompt) const override;
  CaptionOptions defaults() const override { return blueprint_.defaults; }
  std::optional<std::int64_t> max_positions() const override { return blueprint_.max_positions; }
  std::string text(std::span<const std::int64_t> tokens, const std::string& prompt) const override;
  std::vector<CaptionWord> words(std::span<const std::int64_t> tokens) const override;

 private:
  std::shared_ptr<const text::Tokenizer> tokenizer_;
  CaptionerBlueprint blueprint_;
  at::ScalarType type_;
  ModelInfo info_;
};

}  // namespace fovea::nn
