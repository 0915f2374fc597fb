/// @file From an image to the pixels that a model takes, as the libraries do it that models are trained with
/// (transformers, torchvision, timm, TorchXRayVision), and where these pixels lie on the image.
#pragma once

#include <array>
#include <cstdint>

#include "fovea/image.hpp"
#include "image/resize.hpp"

namespace fovea::image {

/// What size an image is brought to before the centre of it is taken.
enum class ResizeRule {
  none,           ///< it stays as it is
  exact,          ///< resize_width x resize_height, whatever its aspect
  shortest_edge,  ///< the shorter side becomes shortest_edge, the longer one follows, rounded down (torchvision's
                  ///< Resize)
  cover,          ///< the aspect is kept and resize_width x resize_height covered, rounded to nearest (timm's
                  ///< ResizeKeepRatio)
  fit             ///< the aspect is kept and it fits into resize_width x resize_height (the same with longest = 1)
};

/// Where the centre begins that is taken of a resized image, when it does not come out even.
enum class CentreRule {
  down,         ///< at floor((size - crop) / 2): transformers
  nearest_even  ///< (size - crop) / 2 rounded half to even; padding is rounded down: torchvision, timm
};

/// Families of preprocessing.
enum class InputKind {
  rgb,  ///< resize, then the centre
  xray  ///< TorchXRayVision: grey as the mean of the channels, the central square, then resized by a Gaussian and
        ///< linear interpolation (scikit-image's resize); the resize rule, filter and centre rule are not used
};

/// How a model's input is made of an image. The steps: resize by `rule`, take `width` x `height` pixels at the centre
/// (filled up where the resized image is smaller), and later, on the tensor, (value * scale + offset - mean) / std.
struct InputTransform {
  int width = 224;   ///< of the input, pixels
  int height = 224;  ///< of the input, pixels
  InputKind kind = InputKind::rgb;
  ResizeRule rule = ResizeRule::exact;
  int resize_width = 224;   ///< exact, cover, fit
  int resize_height = 224;  ///< exact, cover, fit
  int shortest_edge = 224;  ///< shortest_edge
  int longest_edge = 0;  ///< shortest_edge: at most this for the longer side, the shorter one then follows; 0: no limit
  Filter filter = Filter::bilinear;
  CentreRule centre = CentreRule::down;
  std::array<std::uint8_t, 3> fill{};  ///< (R, G, B) beside an image that is smaller than the input

  double scale = 1.0 / 255;  ///< of the 8-bit values
  double offset = 0;         ///< added to the scaled values
  std::array<double, 3> mean{};
  std::array<double, 3> std{1, 1, 1};

  bool operator==(const InputTransform&) const = default;
};

constexpr std::array<double, 3> kImageNetMean{0.485, 0.456, 0.406};
constexpr std::array<double, 3> kImageNetStd{0.229, 0.224, 0.225};

/// Squashes the whole image to width x height, whatever its aspect.
InputTransform squash(int width, int height, Filter filter = Filter::bilinear);

/// torchvision's transforms.Resize(shortest_edge) and transforms.CenterCrop(crop), and ImageNet's mean and standard
/// deviation.
InputTransform torchvision_transform(int shortest_edge, int crop, Filter filter = Filter::bilinear);

/// TorchXRayVision's XRayCenterCrop and XRayResizer(side), values -1024 to 1024.
InputTransform xray_transform(int side = 224);

/// @throws Error: usage, naming the field and the value.
void validate(const InputTransform& transform);

/// What a model's input shows of an image of width x height pixels.
/// @throws Error: usage when a side is not positive; unsupported when the resized image would have a side of 0 or of
/// more than 2^28 pixels.
InputView view_of(const InputTransform& transform, int width, int height);

/// An image brought to a model's input.
struct TransformedImage {
  Image image;  ///< width x height of the transform; geometry as before
  InputView view;
};

/// Applies all of a transform but scale, offset, mean and std. Sizes follow from the full size that the geometry
/// states, so that an image that was decoded at a reduced scale shows the same view.
/// @throws Error: as validate() and view_of(); usage when the rule is none and the image was decoded at a reduced
/// scale.
TransformedImage apply(const Image& image, const InputTransform& transform);

/// What LoadOptions::min_side must be at least for an image that was decoded at a reduced scale not to be enlarged; 0
/// where it must not be decoded at one.
int decoded_side(const InputTransform& transform);

}  // namespace fovea::image
