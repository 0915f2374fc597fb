/// @file Anomalies in images, or what a classifier looked at: a heat map, regions and scores on the grid of the
/// original pixels.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fovea/captioner.hpp"
#include "fovea/image.hpp"
#include "fovea/model.hpp"
#include "fovea/scan.hpp"

namespace fovea {

/// One connected part of what was marked. Pixel coordinates: x to the right, y down, (0, 0) the centre of the first
/// pixel.
struct Region {
  using Ring = std::vector<std::array<int, 2>>;  ///< closed; the first point is not repeated

  std::string label;             ///< of the likeliest kind of finding; Finding::explained where the map is of that
  double score = 0;              ///< largest value of the heat map within, 0 to 1
  std::array<int, 4> box{};      ///< x, y, width, height
  std::vector<Ring> contours{};  ///< pixels of the border: the outer one first, then holes
  double area_px = 0;
  std::array<double, 2> centroid_px{};                 ///< x, y
  std::optional<double> area_mm2{};                    ///< nothing without pixel spacing
  std::optional<std::array<double, 3>> centroid_mm{};  ///< patient coordinates (LPS); nothing without position
};

/// What a model sees in one image. Maps have the size of the original image, row by row from the top.
struct Finding {
  int width = 0;
  int height = 0;
  std::string label;  ///< the likeliest one; "anomaly" for a model without labels
  /// The label for which the heat map shows where a classifier looked (by Grad-CAM or attention rollout: not what is
  /// abnormal, and no calibrated probability); nothing where the model marks what is abnormal.
  std::optional<std::string> explained{};
  std::vector<std::pair<std::string, double>> scores;  ///< calibrated probability of each label, in the model's order
  std::optional<double> anomaly_score;                 ///< probability that anything is abnormal (FoveaPatchCore: how
                                                       ///< far from normal); nothing without normal images
  std::optional<double> anomaly_threshold;             ///< the score from which on the model calls an image abnormal
  double threshold = 0.5;                              ///< of the heat map, as chosen on validation data
  std::vector<float> heat_map;                         ///< probability of each pixel, 0 to 1; of `explained`: its
                                                       ///< probability times how much the pixel speaks for it, as part
                                                       ///< of the largest
  std::vector<std::uint8_t> mask;                      ///< 1 where the heat map reaches the threshold
  std::vector<Region> regions;                         ///< largest score first
  std::optional<Caption> caption;                      ///< nothing where the model has no caption decoder
  std::optional<double> distance{};  ///< of the image's features from the training data's, in units of the model's
                                     ///< limit; nothing where the model does not know its training data
  bool unfamiliar = false;           ///< distance over 1: the image is unlike what the model was trained on
};

/// How anomalies are marked. Checked by validate().
struct HighlightOptions {
  std::optional<double> threshold{};  ///< of the heat map, 0 to 1; nothing: the model's
  double min_region = 0.0005;         ///< smaller regions are not marked: share of the image's pixels, 0 to 1
  bool flip = false;       ///< also look at the mirrored image and take the mean: twice the work, a little better
  bool caption = true;     ///< say it in a sentence, where the model has a caption decoder
  bool attention = false;  ///< with the caption, where the decoder looked for each word
  std::string label{};     ///< of a classifier without a dense head: which label the heat map explains; empty: the
                           ///< likeliest one
};

/// @throws Error: usage, naming the field and the value.
void validate(const HighlightOptions& options);

/// Marks what is abnormal with one model. Immutable: may be used by several threads at once.
class Highlighter {
 public:
  /// @throws Error: usage (bad options; a label that the model does not have, with the list), model (the model marks
  ///         nothing).
  explicit Highlighter(const std::shared_ptr<const Model>& model, HighlightOptions options = {});
  ~Highlighter();
  Highlighter(Highlighter&&) noexcept;
  Highlighter& operator=(Highlighter&&) noexcept;

  const HighlightOptions& options() const noexcept;
  const Model& model() const noexcept;

  /// Makes the model's input of an image; cheap on memory, made to run on loader threads.
  PreparedImage prepare(const Image& image) const;

  /// Marks a batch; the result does not depend on how images are grouped into batches. Maps have the size that
  /// PreparedImage::geometry states, and are 0 outside of PreparedImage::view.
  std::vector<Finding> find(std::span<const PreparedImage> images) const;
  Finding find(const Image& image) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Fills the millimetres of the regions, as far as the geometry tells them.
void locate(Finding& finding, const ScanGeometry& geometry);

}  // namespace fovea
