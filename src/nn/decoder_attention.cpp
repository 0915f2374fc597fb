#include "nn/decoder_attention.hpp"

#include <cmath>
#include <string>

#include <ATen/ops/ones.h>
#include <ATen/ops/tril.h>

#include "fovea/error.hpp"

namespace fovea::nn {
namespace {

/// [N, T, D] -> [N, H, T, d]
at::Tensor split_heads(const at::Tensor& x, const DecoderAttentionOptions& options) {
  return x.unflatten(-1, {options.heads, options.width / options.heads}).transpose(1, 2);
}

/// [N, H, T, d] -> [N, T, D]
at::Tensor join_heads(const at::Tensor& x) { return x.transpose(1, 2).flatten(2); }

double query_factor(const DecoderAttentionOptions& options) {
  if (options.heads < 1 || options.width < 1 || options.width % options.heads != 0) {
    throw Error(ErrorCode::model, "attention: width " + std::to_string(options.width) + " cannot be split into " +
                                      std::to_string(options.heads) + " heads of equal size");
  }
  const double usual = 1 / std::sqrt(static_cast<double>(options.width / options.heads));
  return options.scale == 0 || options.scale == usual ? 1 : options.scale / usual;
}

/// scaled_dot_product() has the usual scale; what a model has besides goes into the queries.
at::Tensor scaled(const at::Tensor& query, double factor) { return factor == 1 ? query : query * factor; }

}  // namespace

WordAttentionImpl::WordAttentionImpl(const DecoderAttentionOptions& options)
    : options_(options),
      query_factor_(query_factor(options)),
      query_key_value_(register_module("query_key_value", LinearLayer(options.width, 3 * options.width))),
      output_(register_module("output", LinearLayer(options.width, options.width))) {}

ProjectedTokens WordAttentionImpl::project(const at::Tensor& x) {
  const auto parts = query_key_value_(x).chunk(3, -1);
  return {.query = split_heads(parts[0], options_),
          .source = {.key = split_heads(parts[1], options_), .value = split_heads(parts[2], options_)}};
}

AttentionOutput WordAttentionImpl::attend(const at::Tensor& query, const KeyValue& source, const at::Tensor& mask,
                                          bool want_weights) {
  const auto attended = scaled_dot_product(scaled(query, query_factor_), source.key, source.value, mask, want_weights);
  return {.context = output_(join_heads(attended.context)), .weights = attended.weights};
}

at::Tensor WordAttentionImpl::forward(const at::Tensor& x, const at::Tensor& mask) {
  const auto words = project(x);
  return attend(words.query, words.source, mask, false).context;
}

at::Tensor WordAttentionImpl::step(const at::Tensor& x, BeamCache& cache, std::size_t layer) {
  const auto newest = project(x);
  const auto past = cache.append(layer, newest.source);
  return attend(newest.query, past, cache.mask(), false).context;
}

ImageAttentionImpl::ImageAttentionImpl(const DecoderAttentionOptions& options)
    : options_(options),
      query_factor_(query_factor(options)),
      query_(register_module("query", LinearLayer(options.width, options.width))),
      key_(register_module("key", LinearLayer(options.image_width, options.width))),
      value_(register_module("value", LinearLayer(options.image_width, options.width))),
      output_(register_module("output", LinearLayer(options.width, options.width))) {}

KeyValue ImageAttentionImpl::project(const at::Tensor& image) {
  return {.key = split_heads(key_(image), options_).contiguous(),
          .value = split_heads(value_(image), options_).contiguous()};
}

AttentionOutput ImageAttentionImpl::forward(const at::Tensor& x, const KeyValue& image, bool want_weights) {
  const auto query = scaled(split_heads(query_(x), options_), query_factor_);
  const auto attended = scaled_dot_product(query, image.key, image.value, at::Tensor(), want_weights);
  return {.context = output_(join_heads(attended.context)), .weights = attended.weights};
}

at::Tensor causal_mask(std::int64_t length) { return at::ones({length, length}, at::TensorOptions(at::kBool)).tril(); }

}  // namespace fovea::nn
