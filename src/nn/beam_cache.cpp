#include "nn/beam_cache.hpp"

#include <algorithm>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>

namespace fovea::nn {
namespace {

constexpr std::int64_t kFirstCapacity = 64;  // entries: 20 tokens of 3 beams

}  // namespace

BeamCache::BeamCache(std::size_t layers, std::int64_t images) : buffers_(layers), images_(images) {}

void BeamCache::begin_step() {
  const auto newest = at::eye(rows_, at::TensorOptions(at::kBool)).unsqueeze(0).expand({images_, rows_, rows_});
  ancestors_ = ancestors_.defined() ? at::cat({ancestors_, newest}, 2) : newest;
  entries_ += rows_;
  ++length_;
  // One hypothesis per image from the start sees all there is.
  mask_ = entries_ == length_ ? at::Tensor() : ancestors_.unsqueeze(1);
}

void BeamCache::reserve(at::Tensor& buffer, const at::Tensor& newest) const {
  if (buffer.defined() && buffer.size(2) >= entries_) return;
  const auto capacity = std::max({kFirstCapacity, entries_, buffer.defined() ? 2 * buffer.size(2) : 0});
  auto grown = at::empty({images_, newest.size(2), capacity, newest.size(3)}, newest.options());
  if (buffer.defined()) grown.narrow(2, 0, buffer.size(2)).copy_(buffer);
  buffer = grown;
}

KeyValue BeamCache::append(std::size_t layer, const at::Tensor& key, const at::Tensor& value) {
  auto& [keys, values] = buffers_[layer];
  reserve(keys, key);
  reserve(values, value);
  keys.narrow(2, entries_ - rows_, rows_).copy_(key.transpose(1, 2));
  values.narrow(2, entries_ - rows_, rows_).copy_(value.transpose(1, 2));
  return {.key = keys.narrow(2, 0, entries_), .value = values.narrow(2, 0, entries_)};
}

void BeamCache::select_rows(const at::Tensor& rows, std::int64_t rows_per_image) {
  if (ancestors_.defined()) ancestors_ = ancestors_.flatten(0, 1).index_select(0, rows).unflatten(0, {images_, -1});
  rows_ = rows_per_image;
}

void BeamCache::select_images(const at::Tensor& images) {
  if (ancestors_.defined()) ancestors_ = ancestors_.index_select(0, images);
  for (auto& [key, value] : buffers_) {
    if (!key.defined()) continue;
    key = key.index_select(0, images);
    value = value.index_select(0, images);
  }
  images_ = images.size(0);
}

}  // namespace fovea::nn
