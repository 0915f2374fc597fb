/// @file Anomalies in images: a heat map, regions and scores on the grid of the original pixels.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fovea/captioner.hpp"
#include "fovea/image.hpp"

namespace fovea {

/// One connected part of what was marked. Pixel coordinates: x to the right, y down, (0, 0) the centre of the first
/// pixel.
struct Region {
  using Ring = std::vector<std::array<int, 2>>;  ///< closed; the first point is not repeated

  std::string label;             ///< of the likeliest kind of finding
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
  std::string label;                                   ///< the likeliest one; "anomaly" for a model without labels
  std::vector<std::pair<std::string, double>> scores;  ///< calibrated probability of each label, in the model's order
  std::optional<double> anomaly_score;                 ///< probability that anything is abnormal; nothing where the
                                                       ///< model has seen no normal images
  double threshold = 0.5;                              ///< of the heat map, as chosen on validation data
  std::vector<float> heat_map;                         ///< probability of each pixel, 0 to 1
  std::vector<std::uint8_t> mask;                      ///< 1 where the heat map reaches the threshold
  std::vector<Region> regions;                         ///< largest score first
  std::optional<Caption> caption;                      ///< nothing where the model has no caption decoder
  double distance = 0;      ///< of the image's features from the training data's, in units of the model's limit
  bool unfamiliar = false;  ///< distance over 1: the image is unlike what the model was trained on
};

}  // namespace fovea
