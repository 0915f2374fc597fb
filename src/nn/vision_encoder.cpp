#include "nn/vision_encoder.hpp"

#include <memory>
#include <sstream>
#include <string>

#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/upsample_bicubic2d.h>

#include "fovea/error.hpp"

namespace fovea::nn {
namespace {

constexpr std::int64_t kChannels = 3;
constexpr double kMaxWeights = 1e10;  // a configuration with more of them is broken

void require_between(const char* field, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value >= low && value <= high) return;
  throw Error(ErrorCode::usage, std::string("vision encoder: ") + field + " is " + std::to_string(value) +
                                    ", expected " + std::to_string(low) + " to " + std::to_string(high));
}

void require_divides(const char* whole, std::int64_t size, const char* part, std::int64_t divisor) {
  if (size % divisor == 0) return;
  throw Error(ErrorCode::usage, std::string("vision encoder: ") + whole + " " + std::to_string(size) +
                                    " is no multiple of " + part + " " + std::to_string(divisor));
}

BackboneShape shape_of(const VisionEncoderOptions& options) {
  validate(options);
  return {.kind = BackboneKind::transformer,
          .input_height = options.image_size,
          .input_width = options.image_size,
          .width = options.width,
          .prefix_tokens = options.prefix_tokens(),
          .levels = {{.stride = options.patch_size, .channels = options.width}},
          .any_size = options.resizing != PositionResizing::refused,
          .reads_grid = options.pooling == TokenPooling::patch_mean};
}

/// x + y, or x + y * scale where there is one.
at::Tensor add_scaled(const at::Tensor& x, const at::Tensor& y, const at::Tensor& scale) {
  return scale.defined() ? at::addcmul(x, y, scale) : x + y;
}

}  // namespace

void validate(const VisionEncoderOptions& options) {
  constexpr std::int64_t kMost = 1 << 16;
  require_between("image_size", options.image_size, 1, kMost);
  require_between("patch_size", options.patch_size, 1, options.image_size);
  require_divides("image_size", options.image_size, "patch_size", options.patch_size);
  require_between("width", options.width, 1, kMost);
  require_between("heads", options.heads, 1, options.width);
  require_divides("width", options.width, "heads", options.heads);
  require_between("layers", options.layers, 1, 1024);
  require_between("hidden", options.hidden, 1, kMost);
  require_between("registers", options.registers, 0, 1024);
  require_between("labels", options.labels, 0, std::int64_t{1} << 20);
  const auto width = static_cast<double>(options.width);
  const auto side = static_cast<double>(options.side());
  const auto weights =
      width * (static_cast<double>(options.layers) * (4 * width + 3 * static_cast<double>(options.hidden)) +
               side * side + 2 * static_cast<double>(options.labels));
  if (weights > kMaxWeights) {
    throw Error(ErrorCode::usage,
                "vision encoder: width, layers, hidden and labels are so large together that there "
                "would be more than 10^10 weights");
  }
}

VisionBlockImpl::VisionBlockImpl(const VisionEncoderOptions& options)
    : heads_(options.heads), activation_(options.gated ? Activation::silu : options.activation) {
  const auto width = options.width;
  const auto linear = [&](const char* name, std::int64_t in, std::int64_t out, bool bias) {
    return register_module(name, LinearLayer(in, out, bias));
  };
  attention_norm_ = register_module("attention_norm", NormLayer(width, options.epsilon));
  query_ = linear("query", width, width, options.query_key_value_bias);
  key_ = linear("key", width, width, options.query_key_value_bias);
  value_ = linear("value", width, width, options.query_key_value_bias);
  output_ = linear("output", width, width, true);
  perceptron_norm_ = register_module("perceptron_norm", NormLayer(width, options.epsilon));
  expand_ = linear("expand", width, options.hidden, true);
  if (options.gated) gate_ = linear("gate", width, options.hidden, true);
  project_ = linear("project", options.hidden, width, true);
  if (!options.layer_scale) return;
  attention_scale_ = register_parameter("attention_scale", at::empty({width}));
  perceptron_scale_ = register_parameter("perceptron_scale", at::empty({width}));
}

at::Tensor VisionBlockImpl::split_heads(const at::Tensor& x) const {
  return x.unflatten(-1, {heads_, x.size(-1) / heads_}).transpose(1, 2);
}

at::Tensor VisionBlockImpl::perceptron(const at::Tensor& x) {
  if (gate_.is_empty()) return project_(expand_->activated(x, activation_));
  return project_(gate_->activated(x, activation_) * expand_(x));
}

AttentionOutput VisionBlockImpl::forward(const at::Tensor& x, bool want_weights) {
  const auto normed = attention_norm_(x);
  const auto attended = scaled_dot_product(split_heads(query_(normed)), split_heads(key_(normed)),
                                           split_heads(value_(normed)), at::Tensor(), want_weights);
  const auto y = add_scaled(x, output_(attended.context.transpose(1, 2).flatten(2)), attention_scale_);
  return {.context = add_scaled(y, perceptron(perceptron_norm_(y)), perceptron_scale_), .weights = attended.weights};
}

VisionEncoder::VisionEncoder(const VisionEncoderOptions& options) : Backbone(shape_of(options)), options_(options) {
  const auto width = options.width;
  patches_ = register_module("patches", ConvLayer(ConvLayerOptions{.in = kChannels,
                                                                   .out = width,
                                                                   .kernel = options.patch_size,
                                                                   .stride = options.patch_size,
                                                                   .bias = options.patch_bias}));
  class_token_ = register_parameter("class_token", at::empty({1, 1, width}));
  if (options.distillation_token) {
    distillation_token_ = register_parameter("distillation_token", at::empty({1, 1, width}));
  }
  if (options.registers > 0) registers_ = register_parameter("registers", at::empty({1, options.registers, width}));
  const auto placed = options.prefix_positions ? options.prefix_tokens() - options.registers : 0;
  positions_ = register_parameter("positions", at::empty({1, placed + options.side() * options.side(), width}));
  if (options.norm_before) norm_before_ = register_module("norm_before", NormLayer(width, options.epsilon));
  const auto list = register_module("blocks", std::make_shared<torch::nn::Module>());
  for (std::int64_t i = 0; i < options.layers; ++i) {
    blocks_.push_back(list->register_module(std::to_string(i), VisionBlock(options)));
  }
  if (options.norm_after) norm_after_ = register_module("norm_after", NormLayer(width, options.epsilon));
  if (options.labels == 0) return;
  if (options.pooled_norm) pooled_norm_ = register_module("pooled_norm", NormLayer(width, options.epsilon));
  const auto seen = options.pooling == TokenPooling::class_and_patch_mean ? 2 * width : width;
  classifier_ = register_module("classifier", LinearLayer(seen, options.labels));
  if (options.two_classifiers) {
    distillation_classifier_ = register_module("distillation_classifier", LinearLayer(width, options.labels));
  }
}

void VisionEncoder::check_pixels(const at::Tensor& pixels) const {
  const auto size = options_.image_size;
  const auto patch = options_.patch_size;
  const bool is_batch = pixels.dim() == 4 && pixels.size(1) == kChannels;
  const bool fits = options_.resizing == PositionResizing::refused
                        ? is_batch && pixels.size(2) == size && pixels.size(3) == size
                        : is_batch && pixels.size(2) >= patch && pixels.size(3) >= patch &&
                              pixels.size(2) % patch == 0 && pixels.size(3) % patch == 0;
  if (fits) return;
  std::ostringstream message;
  message << "this vision transformer takes [images, 3, height, width], height and width ";
  if (options_.resizing == PositionResizing::refused) {
    message << size << " pixels";
  } else {
    message << "multiples of " << patch << " pixels";
  }
  message << "; found " << pixels.sizes();
  throw Error(ErrorCode::usage, message.str());
}

at::Tensor VisionEncoder::positions_for(std::int64_t grid_height, std::int64_t grid_width) const {
  const auto side = options_.side();
  if (grid_height == side && grid_width == side) return positions_;
  const auto placed = positions_.size(1) - side * side;
  const auto grid =
      positions_.narrow(1, placed, side * side).to(at::kFloat).unflatten(1, {side, side}).permute({0, 3, 1, 2});
  const auto resized = options_.resizing == PositionResizing::bicubic_antialias
                           ? at::_upsample_bicubic2d_aa(grid, {grid_height, grid_width}, /*align_corners=*/false)
                           : at::upsample_bicubic2d(grid, {grid_height, grid_width}, /*align_corners=*/false);
  const auto tokens = resized.permute({0, 2, 3, 1}).flatten(1, 2).to(positions_.scalar_type());
  return placed == 0 ? tokens : at::cat({positions_.narrow(1, 0, placed), tokens}, 1);
}

at::Tensor VisionEncoder::embed(const at::Tensor& pixels) {
  const auto grid = patches_(pixels);
  const auto positions = positions_for(grid.size(2), grid.size(3));
  const auto cells = grid.size(2) * grid.size(3);
  const auto placed = positions.size(1) - cells;
  std::vector<at::Tensor> prefix{class_token_};
  if (distillation_token_.defined()) prefix.push_back(distillation_token_);
  for (std::int64_t i = 0; i < placed; ++i) prefix[i] = prefix[i] + positions.narrow(1, i, 1);
  if (registers_.defined()) prefix.push_back(registers_);
  const auto tokens = grid.flatten(2).transpose(1, 2) + positions.narrow(1, placed, cells);
  const auto all = at::cat({at::cat(prefix, 1).expand({pixels.size(0), -1, -1}), tokens}, 1);
  return norm_before_.is_empty() ? all : norm_before_(all);
}

BackboneOutput VisionEncoder::forward(const at::Tensor& pixels, const BackboneWants& wants) {
  check_pixels(pixels);
  auto x = embed(pixels);
  BackboneOutput output;
  for (auto& block : blocks_) {
    const auto result = block(x, wants.attention || wants.mean_attention);
    x = result.context;
    if (wants.attention) {
      output.attention.push_back(result.weights);
    } else if (wants.mean_attention) {
      output.attention.push_back(result.weights.mean(1, /*keepdim=*/false, at::kFloat));
    }
  }
  output.last = norm_after_.is_empty() ? x : norm_after_(x);
  if (wants.grids) {
    const auto patch = options_.patch_size;
    output.grids.push_back(output.last.slice(1, options_.prefix_tokens())
                               .transpose(1, 2)
                               .unflatten(2, {pixels.size(2) / patch, pixels.size(3) / patch}));
  }
  return output;
}

at::Tensor VisionEncoder::pooled(const at::Tensor& last) const {
  const auto mean = [&] { return last.slice(1, options_.prefix_tokens()).mean(1); };
  switch (options_.pooling) {
    case TokenPooling::class_token:
      return last.select(1, 0);
    case TokenPooling::patch_mean:
      return mean();
    case TokenPooling::class_and_patch_mean:
      return at::cat({last.select(1, 0), mean()}, 1);
  }
  throw Error(ErrorCode::internal, "a pooling without a function");
}

at::Tensor VisionEncoder::classify(const at::Tensor& last) {
  if (classifier_.is_empty()) return Backbone::classify(last);
  const auto seen = pooled(last);
  const auto logits = classifier_(pooled_norm_.is_empty() ? seen : pooled_norm_(seen));
  if (distillation_classifier_.is_empty()) return logits;
  return (logits + distillation_classifier_(last.select(1, 1))) / 2;
}

void VisionEncoder::pack() {
  for (const auto& block : blocks_) pack_linears(*block);
}

}  // namespace fovea::nn
