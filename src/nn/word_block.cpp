#include "nn/word_block.hpp"

#include <ATen/ops/cat.h>

namespace fovea::nn {

WordBlockImpl::WordBlockImpl(const WordBlockOptions& options) : norms_(options.norms), activation_(options.activation) {
  const auto width = options.attention.width;
  words_ = register_module("words", WordAttention(options.attention));
  words_norm_ = register_module("words_norm", NormLayer(width, options.epsilon));
  if (options.attention.image_width > 0) {
    image_ = register_module("image", ImageAttention(options.attention));
    image_norm_ = register_module("image_norm", NormLayer(width, options.epsilon));
  }
  expand_ = register_module("expand", LinearLayer(width, options.hidden));
  project_ = register_module("project", LinearLayer(options.hidden, width));
  perceptron_norm_ = register_module("perceptron_norm", NormLayer(width, options.epsilon));
}

at::Tensor WordBlockImpl::apply_perceptron(const at::Tensor& x) {
  return apply(x, perceptron_norm_, [&](const at::Tensor& y) { return project_(expand_->activated(y, activation_)); });
}

AttentionOutput WordBlockImpl::forward(const at::Tensor& x, const KeyValue& image, const at::Tensor& mask,
                                       bool want_weights) {
  const auto captions = x.size(1), length = x.size(2);
  const auto y =
      apply(x, words_norm_, [&](const at::Tensor& words) { return words_(words.flatten(0, 1), mask).view(x.sizes()); });
  at::Tensor weights;
  const auto z = apply(y, image_norm_, [&](const at::Tensor& words) {
    // Captions of one image share its keys and values: their tokens are queries of one attention.
    const auto attended = image_(words.flatten(1, 2), image, want_weights);
    if (want_weights) weights = attended.weights.unflatten(2, {captions, length}).transpose(1, 2);
    return attended.context.view(x.sizes());
  });
  return {.context = apply_perceptron(z), .weights = weights};
}

at::Tensor WordBlockImpl::step(const at::Tensor& x, BeamCache& cache, const KeyValue& image, std::size_t layer) {
  auto y = apply(x, words_norm_, [&](const at::Tensor& words) { return words_->step(words, cache, layer); });
  if (!image_.is_empty()) {
    y = apply(y, image_norm_, [&](const at::Tensor& words) { return image_(words, image).context; });
  }
  return apply_perceptron(y);
}

AttentionOutput WordBlockImpl::continue_prefix(const at::Tensor& x, const KeyValue& prefix, const at::Tensor& mask,
                                               bool want_weights) {
  at::Tensor weights;
  const auto y = apply(x, words_norm_, [&](const at::Tensor& words) {
    const auto own = words_->project(words);
    const KeyValue source{.key = at::cat({prefix.key, own.source.key}, 2),
                          .value = at::cat({prefix.value, own.source.value}, 2)};
    const auto attended = words_->attend(own.query, source, mask, want_weights);
    weights = attended.weights;
    return attended.context;
  });
  return {.context = apply_perceptron(y), .weights = weights};
}

KeyValue WordBlockImpl::read_prefix(at::Tensor& x, bool last) {
  ProjectedTokens own;
  const auto y = apply(x, words_norm_, [&](const at::Tensor& tokens) {
    own = words_->project(tokens);
    return last ? tokens : words_->attend(own.query, own.source, {}, false).context;
  });
  x = last ? at::Tensor() : apply_perceptron(y);
  return own.source;
}

}  // namespace fovea::nn
