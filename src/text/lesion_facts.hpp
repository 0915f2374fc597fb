/// @file What a sentence about a lesion may say: classes of measures by fixed rules.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "image/mask_measures.hpp"

namespace fovea::text {

/// Where the centroid of the largest lesion lies on the image (not in the patient). `centre`: in the middle third of
/// the width and of the height; elsewhere the quadrant, in which x = 1/2 counts as right and y = 1/2 as lower.
enum class LesionPosition { upper_left, upper_right, lower_left, lower_right, centre };

/// Share of the image that the largest lesion covers: under 4%, under 12%, or more. A third of the lesions of the
/// breast ultrasound data (BUSI) are of each.
enum class LesionSize { small, medium, large };

/// `irregular`: solidity under 0.9. Else by the ratio of the axes: `elongated` under 0.5, `oval` under 0.8, `round`.
enum class LesionShape { round, oval, elongated, irregular };

/// Words: "upper left", "centre", "small", "irregular", ...
std::string_view to_string(LesionPosition position) noexcept;
std::string_view to_string(LesionSize size) noexcept;
std::string_view to_string(LesionShape shape) noexcept;

/// What is known of, or said about, one image. Of a sentence that was read, what it does not say is nothing.
struct LesionFacts {
  /// "benign mass"; empty when it is known that there is no lesion. Nothing: not said.
  std::optional<std::string> finding{};
  std::optional<int> count{};                ///< of lesions; 5 stands for more too
  std::optional<LesionPosition> position{};  ///< of the largest lesion, as are the following
  std::optional<LesionSize> size{};
  std::optional<LesionShape> shape{};

  bool operator==(const LesionFacts&) const = default;
};

/// The label of scan data sets for images without a lesion.
inline constexpr std::string_view kNormalLabel = "normal";

/// Applies the rules.
/// @param label of the image, as in its data set: "normal" or an adjective ("benign"); empty where there are no labels
/// @param noun what is marked, in the singular: "mass", "polyp"; empty where the label is a noun itself
/// @throws Error: usage when label and noun are empty; corrupt when label and mask contradict each other.
LesionFacts describe_lesion(std::string_view label, std::string_view noun, const image::MaskMeasures& measures);

}  // namespace fovea::text
