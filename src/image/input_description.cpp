#include "image/input_description.hpp"

#include <cmath>
#include <sstream>

namespace fovea::image {
namespace {

std::string size(int width, int height) { return std::to_string(width) + " x " + std::to_string(height); }

const char* name_of(Filter filter) {
  switch (filter) {
    case Filter::nearest:
      return "nearest";
    case Filter::box:
      return "box";
    case Filter::bilinear:
      return "bilinear";
    case Filter::hamming:
      return "hamming";
    case Filter::bicubic:
      return "bicubic";
    case Filter::lanczos:
      return "lanczos";
  }
  return "";
}

std::string resized(const InputTransform& t) {
  switch (t.rule) {
    case ResizeRule::none:
      return "not resized";
    case ResizeRule::exact:
      return "squashed to " + size(t.resize_width, t.resize_height);
    case ResizeRule::shortest_edge:
      return "shorter side to " + std::to_string(t.shortest_edge) + " pixels" +
             (t.longest_edge > 0 ? ", longer side at most " + std::to_string(t.longest_edge) : "");
    case ResizeRule::cover:
      return "resized to cover " + size(t.resize_width, t.resize_height);
    case ResizeRule::fit:
      return "resized to fit into " + size(t.resize_width, t.resize_height);
  }
  return "";
}

std::string numbers(const std::array<double, 3>& values) {
  std::ostringstream text;
  text << '[' << values[0] << ", " << values[1] << ", " << values[2] << ']';
  return text.str();
}

}  // namespace

std::string describe_view(const InputTransform& transform) {
  if (transform.kind == InputKind::xray) {
    return "grey, the central square to " + size(transform.width, transform.height) + " (TorchXRayVision)";
  }
  std::string text = resized(transform);
  if (transform.rule != ResizeRule::none) text += std::string(" (") + name_of(transform.filter) + ")";
  const bool whole = transform.rule == ResizeRule::exact && transform.resize_width == transform.width &&
                     transform.resize_height == transform.height;
  return whole ? text : text + ", central " + size(transform.width, transform.height);
}

std::string describe_values(const InputTransform& transform) {
  std::ostringstream text;
  text << "value * " << transform.scale;
  if (transform.offset != 0) text << (transform.offset < 0 ? " - " : " + ") << std::abs(transform.offset);
  const bool centred = transform.mean != std::array<double, 3>{};
  const bool scaled = transform.std != std::array<double, 3>{1, 1, 1};
  if (!centred && !scaled) return text.str();
  return "(" + text.str() + " - " + numbers(transform.mean) + ") / " + numbers(transform.std);
}

}  // namespace fovea::image
