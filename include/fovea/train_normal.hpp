/// @file Making a highlighting model of normal images alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "fovea/train.hpp"

namespace fovea {

/// What a model that learns from normal images alone is made of: a memory of their patches, no masks needed.
struct TrainNormalOptions {
  /// Folder of normal images (each file stands alone), or JSONL of {"image", "mask", "label", "group"}, of which only
  /// the normal images are used: nothing marked, and labelled normal or not at all.
  std::filesystem::path train_data;
  std::filesystem::path val_data;         ///< JSONL, for figures only; may be empty
  std::filesystem::path config;           ///< JSON (docs/training.md); empty: everything as it is by default
  std::filesystem::path encoder_weights;  ///< as in TrainCaptionOptions
  std::filesystem::path output;           ///< folder of model/
  int threads = 0;                        ///< 0: as LibTorch chooses
};

/// Where it stands; given to the callback about once a second and at the end of each stage.
struct TrainNormalProgress {
  std::string stage;  ///< "reading", "features", "calibration", "memory", "validation"
  std::int64_t done = 0;
  std::int64_t total = 0;
};

/// What came out.
struct TrainNormalSummary {
  bool interrupted = false;    ///< then there is no model
  int images = 0;              ///< normal ones in the memory
  int ignored = 0;             ///< with something marked or another label
  int skipped = 0;             ///< files of a folder that are no images
  std::int64_t patches = 0;    ///< in the memory
  double called_abnormal = 0;  ///< share of the normal images whose anomaly score reaches 0.5 when the memory is
                               ///< without the part of the data that they are in
  std::optional<HighlightScores> scores;  ///< on the validation data
};

/// Makes a highlighting model of normal images only (PatchCore, Roth et al. 2022) and leaves it in output/model. Each
/// part of the images in turn is compared with a memory of the others; by those distances scores of 0 to 1 are made.
/// @throws Error: usage (options, configuration, no or too few normal images), io, corrupt (data), model (weights).
TrainNormalSummary train_normal(const TrainNormalOptions& options,
                                const std::function<void(const TrainNormalProgress&)>& on_progress = {},
                                std::stop_token stop = {});

}  // namespace fovea
