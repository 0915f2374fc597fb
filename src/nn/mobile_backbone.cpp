#include "nn/mobile_backbone.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include "fovea/error.hpp"

namespace fovea::nn {
namespace {

BackboneShape shape_of(const MobileBackboneOptions& options) {
  if (options.grid_blocks.size() != 3) {
    throw Error(ErrorCode::internal, "a mobile backbone has " + std::to_string(options.grid_blocks.size()) +
                                         " grids before its head, expected 3");
  }
  BackboneShape shape{.kind = BackboneKind::cnn,
                      .input_height = options.input,
                      .input_width = options.input,
                      .width = options.head,
                      .levels = {}};
  std::int64_t stride = 4;
  for (const auto block : options.grid_blocks) {
    shape.levels.push_back({.stride = stride, .channels = options.blocks[block].out});
    stride *= 2;
  }
  shape.levels.push_back({.stride = stride, .channels = options.head});
  return shape;
}

}  // namespace

MobileBackbone::MobileBackbone(const MobileBackboneOptions& options)
    : Backbone(shape_of(options)), grid_blocks_(options.grid_blocks) {
  stem_ = register_module("stem", ConvUnit(ConvUnitOptions{.in = 3,
                                                           .out = options.stem,
                                                           .kernel = 3,
                                                           .stride = 2,
                                                           .padding = options.padding,
                                                           .activation = options.activation}));
  const auto list = register_module("blocks", std::make_shared<torch::nn::Module>());
  for (const auto& block : options.blocks) {
    blocks_.emplace_back(list->register_module(std::to_string(blocks_.size()), MobileBlock(block)));
  }
  head_ = register_module("head",
                          ConvUnit(ConvUnitOptions{
                              .in = options.blocks.back().out, .out = options.head, .activation = options.activation}));
}

BackboneOutput MobileBackbone::forward(const at::Tensor& pixels, const BackboneWants& wants) {
  BackboneOutput output;
  auto x = stem_(pixels.contiguous(at::MemoryFormat::ChannelsLast));
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    x = blocks_[i](x);
    const bool is_grid = std::find(grid_blocks_.begin(), grid_blocks_.end(), i) != grid_blocks_.end();
    if (wants.grids && is_grid) output.grids.push_back(x);
  }
  output.last = head_(x);
  if (wants.grids) output.grids.push_back(output.last);
  return output;
}

std::vector<at::Tensor> MobileBackbone::stem_weights() const {
  auto weights = stem_->parameters();
  for (std::size_t i = 0; i <= grid_blocks_.front(); ++i) {
    const auto more = blocks_[i]->parameters();
    weights.insert(weights.end(), more.begin(), more.end());
  }
  return weights;
}

}  // namespace fovea::nn
