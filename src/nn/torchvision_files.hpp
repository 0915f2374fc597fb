/// @file Which of torchvision's published files were made with other pixels than the newest weights of their network.
#pragma once

#include <filesystem>
#include <optional>

namespace fovea::nn {

/// Keys of a configuration that torchvision_input() reads.
struct TorchvisionPixels {
  int resize_size;  ///< pixels, shorter side before the crop
  const char* interpolation;
};

/// The pixels of older and other weights (IMAGENET1K_V1 where there is a V2, SWAG_LINEAR), known by the digits of their
/// digest that end the file's name: resnet50-0676ba61.pth. Nothing for all others.
std::optional<TorchvisionPixels> torchvision_pixels(const std::filesystem::path& weights);

}  // namespace fovea::nn
