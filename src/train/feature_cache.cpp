#include "train/feature_cache.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <span>
#include <string_view>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include "io/file.hpp"
#include "io/sha256.hpp"
#include "nn/packed_mobilenet_v2.hpp"

namespace fovea::train {
namespace {

constexpr std::int64_t kBatch = 32;

/// Of the weights that features are computed with: those of the stem and the first blocks for a prefix, else of all.
std::string weights_digest(const nn::Encoder& encoder, std::size_t prefix_blocks) {
  constexpr std::string_view kBlocks = "blocks.";
  const auto is_used = [&](const std::string& name) {
    if (prefix_blocks == 0 || name.starts_with("stem.")) return true;
    return name.starts_with(kBlocks) && std::stoul(name.substr(kBlocks.size())) < prefix_blocks;
  };
  io::Sha256 digest;
  const auto description = encoder.description();
  digest.update(std::as_bytes(std::span(description)));
  for (const auto& [name, weight] : nn::named_weights(*encoder.module())) {
    if (!is_used(name)) continue;
    const auto contiguous = weight.detach().contiguous();
    digest.update(std::as_bytes(std::span(name)));
    digest.update({static_cast<const std::byte*>(contiguous.const_data_ptr()), contiguous.nbytes()});
  }
  return digest.hex_digest();
}

/// Every second view is computed in float32, the first among them: what is trained must do well in both precisions.
at::ScalarType view_precision(const FeatureOptions& options, int view) {
  return view % 2 == 0 ? at::kFloat : options.precision;
}

/// What the name of a view's file is made of.
std::string view_key(const CaptionDataset& data, const std::string& encoder, const FeatureOptions& options, int view) {
  std::string key = data.digest + encoder + " " + std::to_string(options.prefix_blocks) + " " +
                    c10::toString(view_precision(options, view));
  if (view > 0) {
    const auto& a = options.augment;
    for (const double value : {a.min_crop_area, a.max_aspect, a.brightness, a.contrast, a.saturation}) {
      key += " " + std::to_string(value);
    }
    key += " view " + std::to_string(view) + " flips ";
    for (const bool flip : data.may_flip) key += flip ? '1' : '0';
  }
  return io::sha256_hex(std::as_bytes(std::span(key))).substr(0, 24);
}

}  // namespace

FeatureView::FeatureView(const std::filesystem::path& file) : file_(std::make_shared<io::SafetensorsFile>(file)) {
  for (const auto& [name, view] : file_->tensors()) {
    tensors_.emplace(
        name, at::from_blob(const_cast<std::byte*>(view.bytes.data()), view.shape, at::TensorOptions(at::kHalf)));
  }
}

nn::TensorMap FeatureView::gather(const std::vector<std::int64_t>& images) const {
  const auto index = at::tensor(images, at::TensorOptions(at::kLong));
  nn::TensorMap result;
  for (const auto& [name, tensor] : tensors_) {
    result.emplace(name, tensor.index_select(0, index).to(at::kFloat).contiguous(at::MemoryFormat::ChannelsLast));
  }
  return result;
}

at::Tensor view_pixels(const CaptionDataset& data, const std::vector<std::int64_t>& images, int view,
                       const AugmentOptions& options) {
  std::vector<at::Tensor> pixels;
  for (const auto i : images) {
    std::mt19937_64 random(static_cast<std::uint64_t>(view) * 1'000'003U + static_cast<std::uint64_t>(i));
    pixels.push_back(view == 0 ? data.pixels[i]
                               : augment(data.pixels[i], data.may_flip[static_cast<std::size_t>(i)], options, random));
  }
  return at::stack(pixels);
}

std::vector<FeatureView> make_feature_views(const std::filesystem::path& folder, const nn::Encoder& encoder,
                                            const CaptionDataset& data, const FeatureOptions& options,
                                            const std::function<void(double)>& on_progress, std::stop_token stop) {
  io::make_folder(folder);
  const c10::InferenceMode inference;
  const auto digest = weights_digest(encoder, options.prefix_blocks);
  std::map<at::ScalarType, nn::PackedMobileNetV2> packed;
  std::vector<FeatureView> result;
  for (int view = 0; view < options.views; ++view) {
    const auto file = folder / ("features-" + view_key(data, digest, options, view) + ".safetensors");
    if (!std::filesystem::exists(file)) {
      const auto precision = view_precision(options, view);
      nn::TensorMap features;
      for (std::int64_t begin = 0; begin < data.size(); begin += kBatch) {
        if (stop.stop_requested()) return {};
        const auto end = std::min(begin + kBatch, data.size());
        std::vector<std::int64_t> images(static_cast<std::size_t>(end - begin));
        std::iota(images.begin(), images.end(), begin);
        const auto pixels = view_pixels(data, images, view, options.augment);
        nn::TensorMap batch;
        if (encoder.mobilenet_v2() == nullptr) {
          const auto grids = encoder.grids(pixels);
          batch.emplace("coarse", grids.coarse);
          if (!encoder.layout().one_grid) batch.emplace("fine", grids.fine);
        } else {
          auto& network =
              packed.try_emplace(precision, *encoder.mobilenet_v2(), precision, pixels.size(1)).first->second;
          if (options.prefix_blocks > 0) {
            batch.emplace("prefix", network.prefix(pixels, options.prefix_blocks));
          } else {
            const auto grids = network.forward(pixels);
            batch = {{"fine", grids.fine}, {"coarse", grids.coarse}};
          }
        }
        for (const auto& [name, tensor] : batch) {
          auto sizes = tensor.sizes().vec();
          sizes[0] = data.size();
          const auto all = features.try_emplace(name, at::empty({0})).first;
          if (begin == 0) all->second = at::empty(sizes, at::TensorOptions(at::kHalf));
          all->second.slice(0, begin, end).copy_(tensor);
        }
        if (on_progress)
          on_progress((view + static_cast<double>(end) / static_cast<double>(data.size())) / options.views);
      }
      nn::write_tensors(file, features, at::kHalf);
    }
    result.emplace_back(file);
  }
  return result;
}

}  // namespace fovea::train
