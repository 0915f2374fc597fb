#include "nn/torchvision_files.hpp"

#include <array>
#include <string>

namespace fovea::nn {
namespace {

struct Published {
  const char* digest;
  TorchvisionPixels pixels;
};
constexpr TorchvisionPixels kV1{256, "bilinear"};
constexpr TorchvisionPixels kBicubicV1{256, "bicubic"};
constexpr TorchvisionPixels kSwagLinear{224, "bicubic"};
constexpr std::array kPublished{Published{"0676ba61", kV1},           // resnet50
                                Published{"19c8e357", kV1},           // resnet50, an earlier file
                                Published{"63fe2227", kV1},           // resnet101
                                Published{"5d3b4d8f", kV1},           // resnet101, an earlier file
                                Published{"394f9c45", kV1},           // resnet152
                                Published{"b121ed2d", kV1},           // resnet152, an earlier file
                                Published{"b0353104", kV1},           // mobilenet_v2
                                Published{"8738ca79", kV1},           // mobilenet_v3_large
                                Published{"bac287d4", kBicubicV1},    // efficientnet_b1
                                Published{"533bc792", kBicubicV1},    // efficientnet_b1, an earlier file
                                Published{"4e70ced5", kSwagLinear},   // vit_b_16
                                Published{"4d563306", kSwagLinear},   // vit_l_16
                                Published{"c1eb923e", kSwagLinear}};  // vit_h_14

}  // namespace

std::optional<TorchvisionPixels> torchvision_pixels(const std::filesystem::path& weights) {
  const auto name = weights.stem().string();
  for (const auto& [digest, pixels] : kPublished) {
    if (name.ends_with(std::string("-") + digest)) return pixels;
  }
  return std::nullopt;
}

}  // namespace fovea::nn
