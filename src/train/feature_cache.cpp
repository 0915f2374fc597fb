#include "train/feature_cache.hpp"

#include <algorithm>
#include <span>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include "fovea/error.hpp"
#include "io/sha256.hpp"
#include "nn/weights.hpp"

namespace fovea::train {
namespace {

constexpr std::int64_t kBatch = 16;

at::Tensor map_tensor(const io::SafetensorsFile& file, const std::string& name) {
  const auto& view = file.tensors().at(name);
  return at::from_blob(const_cast<std::byte*>(view.bytes.data()), view.shape, at::TensorOptions(at::kHalf));
}

std::string weights_digest(const torch::nn::Module& module) {
  io::Sha256 digest;
  for (const auto& [name, weight] : nn::named_weights(module)) {
    const auto contiguous = weight.detach().contiguous();
    digest.update(std::as_bytes(std::span(name)));
    digest.update({static_cast<const std::byte*>(contiguous.const_data_ptr()), contiguous.nbytes()});
  }
  return digest.hex_digest();
}

/// The pixels of one view of images [begin, end).
at::Tensor view_pixels(const CaptionDataset& data, std::int64_t begin, std::int64_t end, int view,
                       const AugmentOptions& options) {
  if (view == 0) return data.pixels.slice(0, begin, end);
  std::vector<at::Tensor> images;
  for (auto i = begin; i < end; ++i) {
    std::mt19937_64 random(static_cast<std::uint64_t>(view) * 1'000'003U + static_cast<std::uint64_t>(i));
    images.push_back(augment(data.pixels[i], data.may_flip[static_cast<std::size_t>(i)], options, random));
  }
  return at::stack(images);
}

}  // namespace

FeatureView::FeatureView(const std::filesystem::path& file)
    : file_(std::make_shared<io::SafetensorsFile>(file)),
      fine_(map_tensor(*file_, "fine")),
      coarse_(map_tensor(*file_, "coarse")) {}

nn::GridFeatures FeatureView::gather(const std::vector<std::int64_t>& images) const {
  const auto index = at::tensor(images, at::TensorOptions(at::kLong));
  return {.fine = fine_.index_select(0, index).to(at::kFloat), .coarse = coarse_.index_select(0, index).to(at::kFloat)};
}

std::vector<FeatureView> make_feature_views(const std::filesystem::path& folder, nn::CaptionNetwork& network,
                                            const CaptionDataset& data, int views, const AugmentOptions& augment,
                                            const std::function<void(double)>& on_progress, std::stop_token stop) {
  std::filesystem::create_directories(folder);
  const auto encoder = weights_digest(*network->encoder());
  std::vector<FeatureView> result;
  for (int view = 0; view < views; ++view) {
    const auto& a = augment;
    std::string key = data.digest + encoder;
    if (view > 0) {
      for (const double value : {a.min_crop_area, a.max_aspect, a.brightness, a.contrast, a.saturation}) {
        key += " " + std::to_string(value);
      }
      key += " view " + std::to_string(view);
    }
    const auto file =
        folder / ("features-" + io::sha256_hex(std::as_bytes(std::span(key))).substr(0, 24) + ".safetensors");
    if (!std::filesystem::exists(file)) {
      const c10::InferenceMode inference;
      at::Tensor fine, coarse;
      for (std::int64_t begin = 0; begin < data.size(); begin += kBatch) {
        if (stop.stop_requested()) throw Error(ErrorCode::usage, "stopped while computing features");
        const auto end = std::min(begin + kBatch, data.size());
        const auto grids = network->extract(view_pixels(data, begin, end, view, augment));
        if (!fine.defined()) {
          const auto shape = [&](const at::Tensor& x) {
            auto sizes = x.sizes().vec();
            sizes[0] = data.size();
            return at::empty(sizes, at::TensorOptions(at::kHalf));
          };
          fine = shape(grids.fine);
          coarse = shape(grids.coarse);
        }
        fine.slice(0, begin, end).copy_(grids.fine);
        coarse.slice(0, begin, end).copy_(grids.coarse);
        if (on_progress) on_progress((view + static_cast<double>(end) / static_cast<double>(data.size())) / views);
      }
      nn::write_tensors(file, {{"fine", fine}, {"coarse", coarse}}, at::kHalf);
    }
    result.emplace_back(file);
  }
  return result;
}

}  // namespace fovea::train
