/// @file All slices of a series on one sheet.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "fovea/image.hpp"
#include "image/regions.hpp"
#include "render/heat_meaning.hpp"

namespace fovea::render {

/// How a sheet is drawn.
struct MontageOptions {
  int max_side = 4096;                    ///< px, of the sheet; at least 512
  int tile_side = 320;                    ///< px, of a slice's longer side, when there is room; at least 48
  std::string colormap = "viridis";       ///< of the overlays, for the legend: a name of colormap_names()
  double opacity = 0.5;                   ///< of the overlays, for the legend
  double threshold = 0.5;                 ///< of the overlays, for the legend
  std::string meaning = kAnomalyMeaning;  ///< of their colours, for the legend
};

/// A contact sheet of a series, which holds the sheet only, never all slices: each one is scaled down when it is added.
/// Under a slice stands its number, in the colour of contours when something is marked on it. When not all slices fit
/// legibly, evenly spaced ones are shown, and the first and the last are among them.
class Montage {
 public:
  /// @param slices of the series, at least 1
  /// @param width, height of most slices, in pixels: the aspect of a tile; others are fitted into it
  /// @param spacing of their pixels: slices are shown in their true proportions; nothing: pixels are square
  /// @throws Error: usage (no slice, a size or an option out of range, unknown colour map).
  Montage(int slices, int width, int height, const std::optional<image::PixelSpacing>& spacing = std::nullopt,
          const MontageOptions& options = {});
  ~Montage();
  Montage(Montage&&) noexcept;
  Montage& operator=(Montage&&) noexcept;

  /// Whether a slice is among those that are shown; others need not be drawn at all.
  /// @param slice from 1
  bool shows(int slice) const;

  /// Puts a slice on the sheet, in any order; what is never added stays dark with its number.
  /// @param overlay without legend
  /// @throws Error: usage when there is no such slice.
  void add(int slice, const Image& overlay, bool marked);

  /// The sheet as it is.
  Image sheet() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fovea::render
