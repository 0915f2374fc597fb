#include "fovea/nn/attention.hpp"

#include <cmath>
#include <limits>
#include <string>

#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/add.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tanh.h>
#include <c10/core/GradMode.h>

#include "fovea/error.hpp"
#include "nn/dropout.hpp"

namespace fovea::nn {
namespace {

/// Softmax over the last dimension of the scores that the mask lets through.
at::Tensor masked_softmax(const at::Tensor& scores, const at::Tensor& mask) {
  if (!mask.defined()) return at::softmax(scores, -1);
  // A row that is masked as a whole would be NaN with -inf: the lowest finite value keeps it finite, and the product
  // with the mask makes it zero.
  const auto hidden = mask.logical_not();
  return at::softmax(scores.masked_fill(hidden, std::numeric_limits<float>::lowest() / 2), -1).masked_fill(hidden, 0);
}

// From so many queries on, a head has enough work to be worth its operators' calls.
constexpr std::int64_t kManyQueries = 64;

bool wants_gradients(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) {
  return c10::GradMode::is_enabled() && (query.requires_grad() || key.requires_grad() || value.requires_grad());
}

/// Whether these are images' tokens in heads, and enough of them.
bool has_many_queries(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) {
  const auto fits = [&](const at::Tensor& x) {
    return x.dim() == 4 && x.size(0) == query.size(0) && x.size(1) == query.size(1) && x.device().is_cpu();
  };
  return query.dim() == 4 && query.size(2) >= kManyQueries && fits(query) && fits(key) && fits(value);
}

/// The context only, without gradients: a head at a time, so that its scores stay in the cache, which four images of
/// 577 tokens are twice as fast with; heads are spread over threads.
/// @return [B, H, Q, dv], a view of [B, Q, H, dv]
at::Tensor context_by_heads(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, double scale) {
  const auto heads = query.size(1);
  const auto context = at::empty({query.size(0), query.size(2), heads, value.size(3)}, query.options());
  at::parallel_for(0, query.size(0) * heads, 1, [&](std::int64_t begin, std::int64_t end) {
    const at::AutoDispatchBelowADInplaceOrView below;  // threads do not know the mode of the one that started them
    auto scores = at::empty({query.size(2), key.size(2)}, query.options());
    for (auto i = begin; i < end; ++i) {
      const auto image = i / heads, head = i % heads;
      const auto of_head = [&](const at::Tensor& x) { return x.select(0, image).select(0, head); };
      at::addmm_out(scores, scores, of_head(query), of_head(key).t(), /*beta=*/0, scale);
      at::_softmax_out(scores, scores, -1, /*half_to_float=*/false);
      auto part = context.select(0, image).select(1, head);
      at::mm_out(part, scores, of_head(value));
    }
  });
  return context.transpose(1, 2);
}

}  // namespace

AttentionOutput scaled_dot_product(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                                   const at::Tensor& mask, bool want_weights, double dropout) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(query.size(-1)));
  if (!mask.defined() && !want_weights && dropout == 0 && has_many_queries(query, key, value) &&
      !wants_gradients(query, key, value)) {
    return {.context = context_by_heads(query, key, value, scale), .weights = {}};
  }
  const auto weights = masked_softmax(at::matmul(query * scale, key.transpose(-2, -1)), mask);
  const auto kept = dropout > 0 ? nn::dropout(weights, dropout) : weights;
  return {.context = at::matmul(kept, value), .weights = want_weights ? weights : at::Tensor()};
}

AdditiveAttentionImpl::AdditiveAttentionImpl(std::int64_t query_size, std::int64_t key_size, std::int64_t hidden_size)
    : query_(register_module("query", torch::nn::Linear(query_size, hidden_size))),
      key_(register_module("key", torch::nn::Linear(torch::nn::LinearOptions(key_size, hidden_size).bias(false)))),
      score_(register_module("score", torch::nn::Linear(torch::nn::LinearOptions(hidden_size, 1).bias(false)))) {}

at::Tensor AdditiveAttentionImpl::project_keys(const at::Tensor& keys) { return key_(keys); }

AttentionOutput AdditiveAttentionImpl::forward(const at::Tensor& query, const at::Tensor& projected_keys,
                                               const at::Tensor& values, const at::Tensor& mask, bool want_weights) {
  const auto hidden = at::tanh(query_(query).unsqueeze(-2) + projected_keys.unsqueeze(-3));  // [B, Q, S, hidden]
  const auto weights = masked_softmax(score_(hidden).squeeze(-1), mask);
  return {.context = at::matmul(weights, values), .weights = want_weights ? weights : at::Tensor()};
}

MultiHeadAttentionImpl::MultiHeadAttentionImpl(const MultiHeadAttentionOptions& options) : options_(options) {
  if (options_.source_width == 0) options_.source_width = options_.width;
  if (options_.heads < 1 || options_.width < 1 || options_.width % options_.heads != 0) {
    throw Error(ErrorCode::usage, "attention: width " + std::to_string(options_.width) + " cannot be split into " +
                                      std::to_string(options_.heads) + " heads of equal size");
  }
  query_ = register_module("query", torch::nn::Linear(options_.width, options_.width));
  key_value_ = register_module("key_value", torch::nn::Linear(options_.source_width, 2 * options_.width));
  output_ = register_module("output", torch::nn::Linear(options_.width, options_.width));
}

at::Tensor MultiHeadAttentionImpl::split_heads(const at::Tensor& x) const {
  return x.view({x.size(0), x.size(1), options_.heads, options_.width / options_.heads}).transpose(1, 2);
}

KeyValue MultiHeadAttentionImpl::project_source(const at::Tensor& source) {
  const auto both = key_value_(source).chunk(2, -1);
  const auto heads = [&](const at::Tensor& x) {
    return x.unflatten(-1, {options_.heads, options_.width / options_.heads}).transpose(1, 2).contiguous();
  };
  return {.key = heads(both[0]), .value = heads(both[1])};
}

AttentionOutput MultiHeadAttentionImpl::attend(const at::Tensor& query, const KeyValue& source, const at::Tensor& mask,
                                               bool want_weights) {
  const double dropout = is_training() ? options_.dropout : 0;
  const auto attended =
      scaled_dot_product(split_heads(query_(query)), source.key, source.value, mask, want_weights, dropout);
  return {.context = output_(attended.context.transpose(1, 2).flatten(2)), .weights = attended.weights};
}

AttentionOutput MultiHeadAttentionImpl::forward(const at::Tensor& query, const at::Tensor& source,
                                                const at::Tensor& mask, bool want_weights) {
  return attend(query, project_source(source), mask, want_weights);
}

SoftSpatialAttentionImpl::SoftSpatialAttentionImpl(std::int64_t state_size, std::int64_t feature_size,
                                                   std::int64_t hidden_size)
    : attention_(register_module("attention", AdditiveAttention(state_size, feature_size, hidden_size))),
      gate_(register_module("gate", torch::nn::Linear(state_size, 1))) {}

at::Tensor SoftSpatialAttentionImpl::project_features(const at::Tensor& features) {
  return attention_->project_keys(features);
}

AttentionOutput SoftSpatialAttentionImpl::forward(const at::Tensor& state, const at::Tensor& projected_features,
                                                  const at::Tensor& features, bool want_weights) {
  auto attended = attention_(state, projected_features, features, at::Tensor(), want_weights);
  attended.context = at::sigmoid(gate_(state)) * attended.context;
  return attended;
}

}  // namespace fovea::nn
