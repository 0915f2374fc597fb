#include "nn/beam_cache.hpp"

#include <algorithm>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/ones.h>

namespace fovea::nn {
namespace {

constexpr std::int64_t kRoom = 64;  // entries to begin with: 20 tokens of 3 beams

/// [B, H, E, d] with room for more entries.
at::Tensor with_capacity(const at::Tensor& entries, std::int64_t capacity) {
  auto buffer = at::empty({entries.size(0), entries.size(1), capacity, entries.size(3)}, entries.options());
  buffer.narrow(2, 0, entries.size(2)).copy_(entries);
  return buffer;
}

}  // namespace

BeamCache::BeamCache(std::size_t layers, std::int64_t images) : buffers_(layers), images_(images) {
  ancestors_ = at::ones({images, 1, 0}, at::TensorOptions(at::kBool));
}

BeamCache::BeamCache(const std::vector<KeyValue>& prefix) : BeamCache(prefix.size(), prefix.at(0).key.size(0)) {
  prefix_ = entries_ = prefix.front().key.size(2);
  for (std::size_t layer = 0; layer < prefix.size(); ++layer) {
    buffers_[layer] = {.key = with_capacity(prefix[layer].key, entries_ + kRoom),
                       .value = with_capacity(prefix[layer].value, entries_ + kRoom)};
  }
  ancestors_ = at::ones({images_, 1, entries_}, at::TensorOptions(at::kBool));
}

void BeamCache::begin_step() {
  const auto newest = at::eye(rows_, at::TensorOptions(at::kBool)).expand({images_, rows_, rows_});
  ancestors_ = at::cat({ancestors_, newest}, 2);
  entries_ += rows_;
  ++length_;
  // One hypothesis per image from the start sees all there is.
  mask_ = entries_ == prefix_ + length_ ? at::Tensor() : ancestors_.unsqueeze(1);
}

void BeamCache::reserve(at::Tensor& buffer, const at::Tensor& newest) const {
  if (!buffer.defined()) {
    buffer = at::empty({images_, newest.size(1), std::max(kRoom, entries_), newest.size(3)}, newest.options());
  } else if (buffer.size(2) < entries_) {
    buffer = with_capacity(buffer, std::max(2 * buffer.size(2), entries_));
  }
}

KeyValue BeamCache::append(std::size_t layer, const KeyValue& newest) {
  auto& [keys, values] = buffers_.at(layer);
  reserve(keys, newest.key);
  reserve(values, newest.value);
  keys.narrow(2, entries_ - rows_, rows_).copy_(newest.key);
  values.narrow(2, entries_ - rows_, rows_).copy_(newest.value);
  return {.key = keys.narrow(2, 0, entries_), .value = values.narrow(2, 0, entries_)};
}

void BeamCache::select_rows(const at::Tensor& rows, std::int64_t rows_per_image) {
  ancestors_ = ancestors_.flatten(0, 1).index_select(0, rows).unflatten(0, {images_, rows_per_image});
  rows_ = rows_per_image;
}

void BeamCache::select_images(const at::Tensor& images) {
  ancestors_ = ancestors_.index_select(0, images);
  for (auto& [key, value] : buffers_) {
    if (!key.defined()) continue;
    key = key.index_select(0, images);
    value = value.index_select(0, images);
  }
  images_ = images.size(0);
}

}  // namespace fovea::nn
