/// @file Attention maps as colours over the photo they belong to.
///
/// The scale. A weight is compared with what even attention would give each cell of the grid: ratio = weight * cells,
/// so that grids of different sizes compare. The colour stands for the base-2 logarithm of the ratio, from 1x (as much
/// as even attention, or less: the lowest colour) to 16x (or more: the highest). Both ends are fixed: a colour means
/// the same on every map of every photo, and a word that looked nowhere in particular shows no hot spot, which a scale
/// stretched to each map's own minimum and maximum would invent.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <opencv2/core.hpp>

#include "fovea/captioner.hpp"
#include "render/colormap.hpp"

namespace fovea::render {

constexpr int kScaleDoublings = 4;  ///< the top of the scale is 2^4 = 16 times even attention

/// Brightness of the photo over which legends show the colours.
constexpr std::uint8_t kLegendGray = 140;

/// Number at a tick of the legend: "≤1×" for 0, "2×" for 1, ... "≥16×" for kScaleDoublings.
std::string scale_label(int doubling);

/// Place of a weight on the scale: 0 (ratio 1 or less) to 1 (ratio 16 or more).
double attention_level(double weight, int cells) noexcept;

/// Levels of one map: grid_height * grid_width values of 0 to 1.
cv::Mat1f attention_levels(std::span<const float> weights, int grid_height, int grid_width);

constexpr float kNotSeen = -1;  ///< level of pixels that the model did not see; no other level is negative

/// Stretches levels smoothly over a picture of width x height pixels, or over the part of it that the model saw,
/// whatever its aspect. Values at the centres of cells are kept (bicubic interpolation, cut to 0 to 1); kNotSeen
/// elsewhere.
/// @param view in pixels of the picture
cv::Mat1f stretch_levels(const cv::Mat1f& levels, cv::Size size, const InputView& view = {});

constexpr float kLowestOpacity = 0.20F;   ///< of the colours: enough for the lowest to be seen as one
constexpr float kHighestOpacity = 0.80F;  ///< what was looked at stays recognisable

/// Lays levels over a photo. The photo is shown in grey, so that every hue on the picture belongs to the scale, and
/// shines through more where attention is low; where the model did not look at all, it has no colour.
/// @param photo height * width of (R, G, B)
/// @param view the part that the levels lie over, in pixels of `photo`
cv::Mat3b overlay_attention(const cv::Mat3b& photo, const cv::Mat1f& levels, const ColorTable& colors,
                            const InputView& view = {});

/// The colour that overlay_attention() gives `level`, 0 to 1, on a photo's pixel of brightness `gray`; the legend uses
/// it too.
cv::Vec3b overlay_color(float level, std::uint8_t gray, const ColorTable& colors) noexcept;

/// @throws Error: internal when the number of weights is not layers * heads * words * grid_height * grid_width, when
/// the caption has another number of words or of word probabilities, when a weight is negative or not a number, or when
/// the view is not finite.
void check_attention(const Hypothesis& caption);

}  // namespace fovea::render
