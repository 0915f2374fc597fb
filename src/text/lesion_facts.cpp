#include "text/lesion_facts.hpp"

#include <algorithm>
#include <cmath>

#include "fovea/error.hpp"
#include "text/lesion_words.hpp"

namespace fovea::text {
namespace {

constexpr double kMediumShare = 0.04;
constexpr double kLargeShare = 0.12;
constexpr double kSolid = 0.9;
constexpr double kOval = 0.5;
constexpr double kRound = 0.8;

LesionPosition position_of(const image::MaskMeasures& measures) noexcept {
  const auto is_middle = [](double place) { return std::abs(place - 0.5) <= 1.0 / 6; };
  if (is_middle(measures.centre_x) && is_middle(measures.centre_y)) return LesionPosition::centre;
  const bool left = measures.centre_x < 0.5;
  if (measures.centre_y < 0.5) return left ? LesionPosition::upper_left : LesionPosition::upper_right;
  return left ? LesionPosition::lower_left : LesionPosition::lower_right;
}

LesionSize size_of(const image::MaskMeasures& measures) noexcept {
  if (measures.area_share < kMediumShare) return LesionSize::small;
  return measures.area_share < kLargeShare ? LesionSize::medium : LesionSize::large;
}

LesionShape shape_of(const image::MaskMeasures& measures) noexcept {
  if (measures.solidity < kSolid) return LesionShape::irregular;
  if (measures.axis_ratio < kOval) return LesionShape::elongated;
  return measures.axis_ratio < kRound ? LesionShape::oval : LesionShape::round;
}

}  // namespace

std::string_view to_string(LesionPosition position) noexcept {
  switch (position) {
    case LesionPosition::upper_left:
      return "upper left";
    case LesionPosition::upper_right:
      return "upper right";
    case LesionPosition::lower_left:
      return "lower left";
    case LesionPosition::lower_right:
      return "lower right";
    case LesionPosition::centre:
      break;
  }
  return "centre";
}

std::string_view to_string(LesionSize size) noexcept {
  switch (size) {
    case LesionSize::small:
      return "small";
    case LesionSize::medium:
      return "medium";
    case LesionSize::large:
      break;
  }
  return "large";
}

std::string_view to_string(LesionShape shape) noexcept {
  switch (shape) {
    case LesionShape::round:
      return "round";
    case LesionShape::oval:
      return "oval";
    case LesionShape::elongated:
      return "elongated";
    case LesionShape::irregular:
      break;
  }
  return "irregular";
}

LesionFacts describe_lesion(std::string_view label, std::string_view noun, const image::MaskMeasures& measures) {
  if (label.empty() && noun.empty()) {
    throw Error(ErrorCode::usage, "a lesion has neither a label nor a noun: expected at least one of them");
  }
  const bool labelled_normal = label == kNormalLabel;
  const bool marked = measures.lesions > 0;
  if (!label.empty() && labelled_normal == marked) {
    throw Error(ErrorCode::corrupt, "the label is \"" + std::string(label) + "\" and the mask marks " +
                                        std::to_string(measures.lesions) + " lesions: expected " +
                                        (labelled_normal ? "none" : "at least one"));
  }
  if (!marked) return {.finding = "", .count = 0};
  std::string finding(label);
  if (!label.empty() && !noun.empty()) finding += ' ';
  finding += noun;
  return {.finding = std::move(finding),
          .count = std::min(measures.lesions, kMostCounted),
          .position = position_of(measures),
          .size = size_of(measures),
          .shape = shape_of(measures)};
}

}  // namespace fovea::text
