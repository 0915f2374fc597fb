#include "image/input_transform.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "fovea/error.hpp"
#include "image/input_view.hpp"
#include "image/xray_input.hpp"

namespace fovea::image {
namespace {

constexpr int kChannels = 3;
constexpr double kMostPixels = 1 << 28;  // of a side of a resized image; only what is shown of it is ever made

struct Size {
  int width = 0;
  int height = 0;
};

std::string text_of(int width, int height) { return std::to_string(width) + " x " + std::to_string(height); }

/// A side of a resized image: `value` without its fraction.
int side(double value, int width, int height) {
  if (value >= 1 && value <= kMostPixels) return static_cast<int>(value);
  throw Error(ErrorCode::unsupported,
              "an image of " + text_of(width, height) +
                  " pixels is too long for this model, which keeps the aspect: the resized image "
                  "would have a side of " +
                  std::to_string(value) + " pixels; expected 1 to 2^28");
}

/// Python's round(): half to even.
double round_half_even(double value) {
  const double below = std::floor(value);
  const double rest = value - below;
  if (rest != 0.5) return std::floor(value + 0.5);
  return std::fmod(below, 2) == 0 ? below : below + 1;
}

Size shortest_edge_size(const InputTransform& transform, int width, int height) {
  const double shorter = std::min(width, height);
  const double longer = std::max(width, height);
  double edge = transform.shortest_edge;
  double scaled = edge;  // the same before it was rounded
  if (transform.longest_edge > 0 && longer / shorter * edge > transform.longest_edge) {
    scaled = transform.longest_edge * shorter / longer;
    edge = round_half_even(scaled);
  }
  const int new_shorter = side(edge, width, height);
  // What has the size already stays as it is.
  const int new_longer = edge == shorter ? static_cast<int>(longer) : side(scaled * longer / shorter, width, height);
  return width <= height ? Size{new_shorter, new_longer} : Size{new_longer, new_shorter};
}

Size resized_size(const InputTransform& transform, int width, int height) {
  switch (transform.rule) {
    case ResizeRule::none:
      break;
    case ResizeRule::exact:
      return {transform.resize_width, transform.resize_height};
    case ResizeRule::shortest_edge:
      return shortest_edge_size(transform, width, height);
    case ResizeRule::cover:
    case ResizeRule::fit: {
      const double across = static_cast<double>(width) / transform.resize_width;
      const double down = static_cast<double>(height) / transform.resize_height;
      const double ratio = transform.rule == ResizeRule::cover ? std::min(across, down) : std::max(across, down);
      return {side(round_half_even(width / ratio), width, height),
              side(round_half_even(height / ratio), width, height)};
    }
  }
  return {width, height};
}

/// Where a crop of `crop` pixels begins on a side of `size`; negative where it is filled up before.
int centre_offset(int size, int crop, CentreRule rule) {
  const int rest = size - crop;
  if (rule == CentreRule::nearest_even) return rest < 0 ? -(-rest / 2) : static_cast<int>(round_half_even(rest / 2.0));
  return rest >= 0 ? rest / 2 : -((1 - rest) / 2);
}

/// The crop on the resized image, reaching beyond it where it is filled up.
Window crop_of(const InputTransform& transform, const Size& resized) {
  return {.x = centre_offset(resized.width, transform.width, transform.centre),
          .y = centre_offset(resized.height, transform.height, transform.centre),
          .width = transform.width,
          .height = transform.height};
}

void check_size(int width, int height) {
  if (width > 0 && height > 0) return;
  throw Error(ErrorCode::usage, "an image of " + text_of(width, height) +
                                    " pixels cannot be shown to a model: both sides must be at least 1");
}

/// `inner` at its place in an image of the fill colour.
Image filled_up(Image inner, int x, int y, const InputTransform& transform) {
  Image result{
      .width = transform.width,
      .height = transform.height,
      .pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(transform.width) * transform.height * kChannels),
      .geometry = inner.geometry};
  for (std::size_t i = 0; i < result.pixels.size(); ++i) result.pixels[i] = transform.fill[i % kChannels];
  const std::size_t row = static_cast<std::size_t>(inner.width) * kChannels;
  for (int line = 0; line < inner.height; ++line) {
    const std::size_t to = (static_cast<std::size_t>(y + line) * transform.width + x) * kChannels;
    std::copy_n(inner.pixels.begin() + static_cast<std::ptrdiff_t>(line * row), row,
                result.pixels.begin() + static_cast<std::ptrdiff_t>(to));
  }
  return result;
}

Image make_rgb(const Image& image, const InputTransform& transform, const Size& resized) {
  const Window crop = crop_of(transform, resized);
  // What the crop and the resized image share.
  const int left = std::max(crop.x, 0);
  const int top = std::max(crop.y, 0);
  const Window shown{.x = left,
                     .y = top,
                     .width = std::min(crop.x + crop.width, resized.width) - left,
                     .height = std::min(crop.y + crop.height, resized.height) - top};
  Image inner = resize_window(image, resized.width, resized.height, transform.filter, shown);
  if (shown.width == crop.width && shown.height == crop.height) return inner;
  return filled_up(std::move(inner), shown.x - crop.x, shown.y - crop.y, transform);
}

void check_field(const char* field, double value, double low, double high) {
  if (value >= low && value <= high) return;
  throw Error(ErrorCode::usage, "preprocessing: " + std::string(field) + " is " + std::to_string(value) +
                                    "; expected " + std::to_string(low) + " to " + std::to_string(high));
}

}  // namespace

InputTransform squash(int width, int height, Filter filter) {
  InputTransform transform;
  transform.width = transform.resize_width = width;
  transform.height = transform.resize_height = height;
  transform.filter = filter;
  return transform;
}

InputTransform torchvision_transform(int shortest_edge, int crop, Filter filter) {
  InputTransform transform;
  transform.width = transform.height = crop;
  transform.rule = ResizeRule::shortest_edge;
  transform.shortest_edge = shortest_edge;
  transform.filter = filter;
  transform.centre = CentreRule::nearest_even;
  transform.mean = kImageNetMean;
  transform.std = kImageNetStd;
  return transform;
}

InputTransform xray_transform(int side) {
  InputTransform transform = squash(side, side);
  transform.kind = InputKind::xray;
  transform.scale = 2048.0 / 255;
  transform.offset = -1024;
  return transform;
}

void validate(const InputTransform& transform) {
  constexpr double kLargestInput = 1 << 14;
  constexpr double kLargestResized = 1 << 22;
  check_field("width", transform.width, 1, kLargestInput);
  check_field("height", transform.height, 1, kLargestInput);
  check_field("resize_width", transform.resize_width, 1, kLargestResized);
  check_field("resize_height", transform.resize_height, 1, kLargestResized);
  check_field("shortest_edge", transform.shortest_edge, 1, kLargestResized);
  check_field("longest_edge", transform.longest_edge, 0, kLargestResized);
  check_field("scale", transform.scale, 1e-12, 1e6);
  check_field("offset", transform.offset, -1e6, 1e6);
  for (std::size_t c = 0; c < kChannels; ++c) {
    check_field("mean", transform.mean[c], -1e6, 1e6);
    check_field("std", transform.std[c], 1e-12, 1e6);
  }
  if (transform.kind == InputKind::xray && transform.width != transform.height) {
    throw Error(ErrorCode::usage, "preprocessing: an input of kind xray is " +
                                      text_of(transform.width, transform.height) + " pixels; expected a square");
  }
}

InputView view_of(const InputTransform& transform, int width, int height) {
  check_size(width, height);
  if (transform.kind == InputKind::xray) {
    const Window square = central_square(width, height);
    return {.x = static_cast<double>(square.x),
            .y = static_cast<double>(square.y),
            .width = static_cast<double>(square.width),
            .height = static_cast<double>(square.height)};
  }
  const Size resized = resized_size(transform, width, height);
  const Window crop = crop_of(transform, resized);
  // Multiplied first: then all of an image is exactly that.
  const auto across = [&](int x) { return static_cast<double>(x) * width / resized.width; };
  const auto down = [&](int y) { return static_cast<double>(y) * height / resized.height; };
  return {.x = across(crop.x), .y = down(crop.y), .width = across(crop.width), .height = down(crop.height)};
}

TransformedImage apply(const Image& image, const InputTransform& transform) {
  validate(transform);
  const Geometry full = full_geometry(image);
  check_size(full.width, full.height);
  if (transform.kind == InputKind::xray) {
    return {make_xray(image, transform.width), view_of(transform, full.width, full.height)};
  }
  const bool reduced = full.width != image.width || full.height != image.height;
  if (transform.rule == ResizeRule::none && reduced) {
    throw Error(ErrorCode::usage, "an image of " + text_of(full.width, full.height) + " pixels was decoded at " +
                                      text_of(image.width, image.height) +
                                      ", but this model takes pixels as they are: set LoadOptions::min_side to 0");
  }
  const Size resized = resized_size(transform, full.width, full.height);
  return {make_rgb(image, transform, resized), view_of(transform, full.width, full.height)};
}

int decoded_side(const InputTransform& transform) {
  if (transform.kind == InputKind::xray) return std::max(transform.width, transform.height);
  switch (transform.rule) {
    case ResizeRule::none:
      return 0;
    case ResizeRule::shortest_edge:
      return transform.shortest_edge;
    case ResizeRule::exact:
    case ResizeRule::cover:
    case ResizeRule::fit:
      break;
  }
  return std::max(transform.resize_width, transform.resize_height);
}

}  // namespace fovea::image
