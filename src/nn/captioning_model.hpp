/// @file What the Captioner needs of a model, whatever its family.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fovea/captioner.hpp"
#include "fovea/model.hpp"
#include "image/input_transform.hpp"
#include "nn/caption_decoder.hpp"

namespace fovea::nn {

/// How a beam search ranks and ends. The models of a library were published with its rules.
enum class SearchRules {
  fovea,         ///< decode/beam.hpp
  transformers,  ///< decode/transformers_beam.hpp: what `generate()` of transformers returns, token by token
};

/// When a beam search by transformers' rules ends.
enum class EarlyStopping {
  no,     ///< when no live hypothesis is better, at its present length, than the worst finished one
  yes,    ///< when `beam` hypotheses are finished
  never,  ///< when none can become better than the worst finished one
};

/// What a model's tokens mean to a search.
struct CaptionTokens {
  std::vector<std::int64_t> prompt;     ///< fed before the first token of a caption: at least the begin token
  std::vector<std::int64_t> ends;       ///< any of these ends a caption
  std::vector<std::int64_t> forbidden;  ///< never written
  std::int64_t pad = 0;                 ///< fed in places that nobody reads
  SearchRules rules = SearchRules::fovea;
  EarlyStopping early_stopping = EarlyStopping::no;
};

/// Some tokens of a caption that are shown as one word.
struct CaptionWord {
  std::string text;
  std::size_t begin = 0;  ///< first token
  std::size_t end = 0;    ///< behind the last one
};

/// A model that writes captions. Thread-safe: nothing here changes it.
class CaptioningModel : public Model {
 public:
  virtual const image::InputTransform& input() const noexcept = 0;
  /// 8-bit RGB [B, height, width, 3] of the size that input() states -> tokens.
  virtual ImageMemory encode(const at::Tensor& rgb) const = 0;
  /// The decoder, in evaluation mode; its functions change nothing in it.
  virtual CaptionDecoder& decoder() const = 0;

  /// @param prompt text that captions begin with; empty: none
  /// @throws Error: usage when the model takes no prompt.
  virtual CaptionTokens tokens(const std::string& prompt) const = 0;
  /// How the model's authors search for captions; what a user says goes before it.
  virtual CaptionOptions defaults() const = 0;
  /// Tokens of the longest caption, prompt and end included.
  virtual std::int64_t max_positions() const = 0;

  /// Tokens of a caption as text, the prompt's included. @param tokens without prompt and end
  virtual std::string text(std::span<const std::int64_t> tokens, const std::string& prompt) const = 0;
  /// The words that `tokens` show, in order.
  virtual std::vector<CaptionWord> words(std::span<const std::int64_t> tokens) const = 0;
};

}  // namespace fovea::nn
