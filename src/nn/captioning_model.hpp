/// @file What the Captioner needs of a model, whatever its family.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fovea/captioner.hpp"
#include "fovea/model.hpp"
#include "image/input_transform.hpp"
#include "nn/caption_decoder.hpp"
#include "nn/caption_tokens.hpp"

namespace fovea::nn {

/// A model that writes captions. Thread-safe: nothing here changes it.
class CaptioningModel : public Model {
 public:
  virtual const image::InputTransform& input_transform() const noexcept = 0;
  /// 8-bit RGB [B, height, width, 3] of the size that input_transform() states -> tokens.
  virtual ImageMemory encode(const at::Tensor& rgb) const = 0;
  /// The decoder, in evaluation mode; its functions change nothing in it.
  virtual CaptionDecoder& decoder() const = 0;

  /// @param prompt text that captions begin with; empty: none
  /// @throws Error: usage when the model takes no prompt, or not so long a one.
  virtual CaptionTokens tokens(const std::string& prompt) const = 0;
  /// How the model's authors search for captions; what a user says goes before it.
  virtual CaptionOptions defaults() const = 0;
  /// Tokens that the decoder takes at most, those of the prompt included; nothing: any number.
  virtual std::optional<std::int64_t> max_positions() const = 0;

  /// A caption as text, its prompt included. @param tokens without those of the prompt and the end
  virtual std::string text(std::span<const std::int64_t> tokens, const std::string& prompt) const = 0;
  /// The words that `tokens` show, in order; the prompt's are none of them.
  virtual std::vector<CaptionWord> words(std::span<const std::int64_t> tokens) const = 0;
};

}  // namespace fovea::nn
