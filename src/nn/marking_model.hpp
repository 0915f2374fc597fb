/// @file What the Highlighter needs of a model, whatever its family.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fovea/model.hpp"
#include "image/input_transform.hpp"
#include "nn/backbone.hpp"
#include "nn/caption_decoder.hpp"
#include "text/vocabulary.hpp"

namespace fovea::nn {

/// What was fitted on data that the weights were not trained on (Guo et al. 2017, "On Calibration of Modern Neural
/// Networks", for the temperatures).
struct Calibration {
  double pixel_temperature = 1;    ///< logits of the heat map are divided by this
  double label_temperature = 1;    ///< logits of the labels are divided by this
  double threshold = 0.5;          ///< of the heat map: gives the best mean Dice
  double anomaly_threshold = 0.5;  ///< of the anomaly score: gives the best sensitivity + specificity
};

/// What a network says of a batch.
struct HighlightOutput {
  at::Tensor heat;     ///< logits [B, 1, H/4, W/4]; undefined without a dense head
  at::Tensor labels;   ///< logits [B, labels]; undefined where the model tells none
  ImageMemory memory;  ///< the backbone's tokens; without them where the model has no backbone
};

/// What the heads say by a model's calibration: the map is over 0 where it reaches the threshold, and the softmax of
/// the labels are their probabilities. @param threshold of the map's probabilities, 0 to 1
HighlightOutput calibrated(const HighlightOutput& output, const Calibration& calibration, double threshold);

/// A classifier whose labels are explained on the image, since there is no dense head.
struct ExplainedClassifier {
  Backbone* network = nullptr;
  std::vector<std::int64_t> outputs;  ///< of each of ModelInfo::labels: its number among the classifier's logits
};

/// A model that marks what is abnormal, or where it looked for a label. Thread-safe: nothing here changes it.
class MarkingModel : public Model {
 public:
  /// What a model says of a batch.
  struct Result {
    HighlightOutput output;  ///< logits in float32
    at::Tensor anomaly;      ///< logits [B] of the anomaly score; undefined where the labels tell it, or nothing does
    at::Tensor distance;     ///< [B], as Finding::distance; undefined where the model does not know it
    BackboneOutput seen{};   ///< of an ExplainedClassifier: with grids and mean attention of a transformer
  };
  /// 8-bit RGB [B, input_height, input_width, 3], as info() states them.
  virtual Result run(const at::Tensor& rgb) const = 0;
  /// How run()'s pixels are made of an image. Here: all of it, squashed to the input's size.
  virtual image::InputTransform input_transform() const;

  virtual const Calibration& calibration() const noexcept = 0;
  /// Probabilities float32 [B, ModelInfo::labels] of HighlightOutput::labels. Here: their softmax, by the calibration.
  virtual at::Tensor probabilities(const at::Tensor& labels) const;
  /// Null where the model has a dense head.
  virtual const ExplainedClassifier* explained() const noexcept { return nullptr; }
  /// Number of the label of images without a finding; nothing where there is none.
  virtual std::optional<std::size_t> normal_label() const { return std::nullopt; }

  /// The words of the captions; null where the model writes none. Then nothing below may be called.
  virtual const text::Vocabulary* vocabulary() const noexcept { return nullptr; }
  /// @param output as calibrated() makes it
  virtual ImageMemory caption_memory(const HighlightOutput& output) const;
  virtual CaptionDecoder& decoder() const;
  /// Longest caption, begin and end token included.
  virtual std::int64_t max_positions() const;
};

}  // namespace fovea::nn
