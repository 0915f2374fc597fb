#include "nn/patch_memory.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include <ATen/ops/arange.h>
#include <ATen/ops/asinh.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/max.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/replication_pad2d.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>

#include "fovea/error.hpp"
#include "image/input_description.hpp"
#include "io/file.hpp"
#include "nn/model_folder.hpp"
#include "nn/weights.hpp"

namespace fovea::nn {
namespace {

constexpr std::int64_t kMapStride = 4;  // pixels of the input per cell of a heat map

/// DistanceScale as a logit.
at::Tensor beyond(const at::Tensor& distances, const DistanceScale& scale) {
  const auto x = (distances - scale.limit) / scale.scale;
  return at::where(x > 0, at::asinh(x), x);
}

}  // namespace

PatchMemory::PatchMemory(const at::Tensor& patches, std::int64_t neighbours)
    : patches_(patches), neighbours_(std::min(neighbours, patches.size(0))) {}

PatchMemory::Distances PatchMemory::compare(const at::Tensor& features) const {
  const auto batch = features.size(0), height = features.size(2), width = features.size(3);
  const auto rows = patch_rows(features);
  const auto nearest = patches_.nearest(rows);
  const auto distances = nearest.distance.view({batch, height * width});
  const auto [largest, place] = at::max(distances, 1);
  Distances result{.map = distances.view({batch, height, width}), .image = largest};
  if (neighbours_ < 2) return result;
  // Equation 7 of the paper: the further the patch of the memory is from its like, the rarer it is, and the more its
  // distance tells.
  const auto chosen = place + at::arange(batch, at::kLong) * (height * width);
  const auto usual = patches_.vectors().index_select(0, nearest.index.index_select(0, chosen));
  const auto around = patches_.vectors().index_select(0, patches_.neighbours(usual, neighbours_).flatten());
  const auto to_all =
      (rows.index_select(0, chosen).unsqueeze(1) - around.view({batch, neighbours_, -1})).square().sum(2).sqrt();
  const auto share = (largest - at::logsumexp(to_all, 1)).exp();
  result.image = largest * (1 - share).clamp_min(0);
  return result;
}

at::Tensor smooth_distances(const at::Tensor& map, std::int64_t input_size, double sigma) {
  const auto side = input_size / kMapStride;
  auto x = map.unsqueeze(1);
  if (x.size(2) != side || x.size(3) != side) x = at::upsample_bilinear2d(x, {side, side}, /*align_corners=*/false);
  if (sigma <= 0) return x;
  const double cells = sigma / kMapStride;
  const auto radius = std::max<std::int64_t>(1, std::llround(3 * cells));
  const auto at_cell = at::arange(-radius, radius + 1, at::kFloat);
  auto kernel = (at_cell.square() / (-2 * cells * cells)).exp();
  kernel = kernel / kernel.sum();
  x = at::replication_pad2d(x, {radius, radius, radius, radius});
  x = at::conv2d(x, kernel.view({1, 1, 1, -1}));
  return at::conv2d(x, kernel.view({1, 1, -1, 1}));
}

at::Tensor scale_levels(const at::Tensor& features, const at::Tensor& scales,
                        const std::vector<std::int64_t>& channels) {
  std::vector<at::Tensor> factors;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    factors.push_back(scales[static_cast<std::int64_t>(i)].expand({channels[i]}));
  }
  return features * at::cat(factors).view({1, -1, 1, 1});
}

PatchMemoryNetworkImpl::PatchMemoryNetworkImpl(const PatchMemoryConfig& config) : encoder_(config.encoder) {
  register_module("encoder", encoder_.module());
  familiarity_ = register_module("familiarity", Familiarity(FamiliarityImpl::features_of(encoder_.layout())));
  const auto memory = register_module("memory", std::make_shared<torch::nn::Module>());
  patches_ = memory->register_parameter("patches", at::zeros({config.patches, config.channels()}), false);
  scales_ = memory->register_parameter("scales", at::ones({static_cast<std::int64_t>(config.levels.size())}), false);
}

PatchMemoryModel::PatchMemoryModel(const std::filesystem::path& folder, const OpenOptions& options)
    : config_(parse_patch_memory_config(read_model_text(folder / "config.json"), (folder / "config.json").string())) {
  const c10::AutoGradMode no_grad(false);
  PatchMemoryNetwork network(config_);
  const auto weights = folder / "model.safetensors";
  load_weights(*network, read_tensors(weights), weights.string());
  if (!network->patches().isfinite().all().item<bool>() || !network->scales().isfinite().all().item<bool>()) {
    throw Error(ErrorCode::model, weights.string() + ": memory.patches or memory.scales holds what is not a number");
  }
  for (const auto& parameter : network->parameters()) info_.parameters += parameter.numel();
  const auto type = options.precision == Precision::bf16 ? at::kBFloat16 : at::kFloat;
  encoder_ = network->encoder();
  encoder_->pack(type, config_.input_size);
  memory_.emplace(network->patches(), config_.neighbours);
  familiarity_ = network->familiarity();
  scales_ = network->scales();

  const auto folder_name = std::filesystem::weakly_canonical(folder).filename().string();
  info_.id = config_.name.empty() ? folder_name : config_.name;
  info_.architecture = kArchitecture;
  info_.sha256 = folder_digest(folder, {"config.json", "model.safetensors"});
  info_.licence = config_.licence;
  info_.finding = config_.finding;
  info_.preprocessing =
      image::describe_view(image::squash(static_cast<int>(config_.input_size), static_cast<int>(config_.input_size)));
  if (config_.encoder) info_.preprocessing += "; " + image::describe_values(config_.encoder->values);
  info_.findings = {config_.finding};
  info_.input_width = info_.input_height = static_cast<int>(config_.input_size);
}

MarkingModel::Result PatchMemoryModel::run(const at::Tensor& rgb) const {
  const c10::InferenceMode inference;
  const auto pyramid = encoder_->pyramid(rgb);
  const auto distances =
      memory_->compare(scale_levels(patch_features(pyramid, config_.levels), scales_, config_.level_channels()));
  const auto& pixel = config_.calibration.pixel;
  const auto& image = config_.calibration.image;
  const auto map = smooth_distances(distances.map, config_.input_size, config_.smoothing);
  Result result;
  result.output.heat = beyond(map, pixel);
  result.anomaly = beyond(distances.image, image);
  result.distance = familiarity_->distance(FamiliarityImpl::features(pyramid));
  return result;
}

void save_patch_memory(const std::filesystem::path& folder, const PatchMemoryConfig& config,
                       const torch::nn::Module& network) {
  io::make_folder(folder);
  write_model_text(folder / "config.json", to_json(config));
  write_tensors(folder / "model.safetensors", named_weights(network), at::kHalf, {{"format", "pt"}});
}

}  // namespace fovea::nn
