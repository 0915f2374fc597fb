#include "nn/marking_model.hpp"

#include <algorithm>
#include <cmath>

#include <ATen/ops/softmax.h>

#include "fovea/error.hpp"

namespace fovea::nn {

namespace {

[[noreturn]] void refuse(const Model& model) {
  throw Error(ErrorCode::internal, "model " + model.info().id + " writes no captions, but was asked for one");
}

}  // namespace

HighlightOutput calibrated(const HighlightOutput& output, const Calibration& calibration, double threshold) {
  constexpr double kSmallest = 1e-6;
  const double p = std::clamp(threshold, kSmallest, 1 - kSmallest);
  auto result = output;
  result.heat = output.heat.to(at::kFloat) / calibration.pixel_temperature - std::log(p / (1 - p));
  if (output.labels.defined()) result.labels = output.labels.to(at::kFloat) / calibration.label_temperature;
  return result;
}

image::InputTransform MarkingModel::input_transform() const {
  return image::squash(info().input_width, info().input_height);
}

at::Tensor MarkingModel::probabilities(const at::Tensor& labels) const {
  return at::softmax(labels / calibration().label_temperature, 1);
}

ImageMemory MarkingModel::caption_memory(const HighlightOutput&) const { refuse(*this); }
CaptionDecoder& MarkingModel::decoder() const { refuse(*this); }
std::int64_t MarkingModel::max_positions() const { refuse(*this); }

}  // namespace fovea::nn
