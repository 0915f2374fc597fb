#include "nn/torchxrayvision.hpp"

#include <limits>
#include <string>
#include <utility>

#include <ATen/ops/full_like.h>
#include <ATen/ops/isnan.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include "nn/backbone_config.hpp"

namespace fovea::nn {
namespace {

constexpr const char* kModelType = "torchxrayvision-densenet";
constexpr std::int64_t kMaxWidth = 4096;
constexpr std::int64_t kMaxDepth = 256;
constexpr std::int64_t kMaxSide = 4096;
constexpr const char* kThresholds = "op_threshs";

bool claims(const ForeignConfig& config) { return config.text("model_type", "") == kModelType; }

DenseNetOptions options_of(const ForeignConfig& config) {
  DenseNetOptions options{.channels = 1};
  config.require("in_channels", 1);
  config.require("bn_size", 4);
  options.stem = config.integer("num_init_features", options.stem, 1, kMaxWidth);
  options.growth = config.integer("growth_rate", options.growth, 1, kMaxWidth);
  options.depths = config.integers("block_config", options.depths, 1, kMaxDepth);
  if (options.depths.empty()) config.fail("'block_config' is empty, expected the layers of each block");
  options.input = config.integer("input_size", options.input, 32, kMaxSide);
  return options;
}

/// The operating points; empty without any.
std::vector<double> thresholds_of(const ForeignConfig& config, std::size_t labels) {
  if (!config.has(kThresholds)) return {};
  const auto& list = config.json()[kThresholds];
  if (!list.is_array() || list.size() != labels) {
    config.fail("'op_threshs' is " + list.dump() + ", expected a list of " + std::to_string(labels) +
                " numbers or nulls, one for each pathology");
  }
  std::vector<double> thresholds;
  for (const auto& item : list) {
    if (item.is_null()) {
      thresholds.push_back(std::numeric_limits<double>::quiet_NaN());
    } else if (item.is_number() && item.get<double>() > 0 && item.get<double>() < 1) {
      thresholds.push_back(item.get<double>());
    } else {
      config.fail("'op_threshs' has " + item.dump() + ", expected numbers between 0 and 1, or null");
    }
  }
  return thresholds;
}

BackboneBlueprint blueprint(const ForeignConfig& config, const TensorMap& tensors) {
  auto options = options_of(config);
  BackboneBlueprint result;
  result.labels = config.texts("pathologies", {});
  if (result.labels.empty()) config.fail("'pathologies' is missing, expected a list of labels");
  result.names = densenet_names(options, tensors);
  result.names.ignored = {kThresholds};  // the configuration has them
  result.input = image::xray_transform(static_cast<int>(options.input));
  result.independent_labels = true;
  options.labels = static_cast<std::int64_t>(result.labels.size());
  result.network = std::make_shared<TorchXRayVision>(options, thresholds_of(config, result.labels.size()));
  return result;
}

}  // namespace

TorchXRayVision::TorchXRayVision(const DenseNetOptions& options, std::vector<double> thresholds) : DenseNet(options) {
  if (!thresholds.empty()) thresholds_ = at::tensor(thresholds).to(at::kFloat);
}

at::Tensor TorchXRayVision::probabilities(const at::Tensor& logits, bool independent) const {
  const auto p = DenseNet::probabilities(logits, independent);
  if (!thresholds_.defined()) return p;
  const auto& t = thresholds_;
  const auto scaled = at::where(p < t, p / (2 * t), 1 - (1 - p) / (2 * (1 - t)));
  return at::where(at::isnan(t), at::full_like(p, 0.5), scaled);
}

const BackboneFamily& torchxrayvision_family() {
  static const BackboneFamily family{.name = kModelType, .claims = claims, .blueprint = blueprint};
  return family;
}

}  // namespace fovea::nn
