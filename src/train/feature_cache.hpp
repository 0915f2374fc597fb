/// @file Features of the frozen encoder on disk: computed once, read in every epoch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "io/safetensors.hpp"
#include "nn/caption_model.hpp"
#include "train/augment.hpp"
#include "train/caption_dataset.hpp"

namespace fovea::train {

/// Grids of one view of every image of a data set, mapped from one file.
class FeatureView {
 public:
  explicit FeatureView(const std::filesystem::path& file);
  /// Grids of some images, float32.
  nn::GridFeatures gather(const std::vector<std::int64_t>& images) const;

 private:
  std::shared_ptr<io::SafetensorsFile> file_;
  at::Tensor fine_;    // float16 [N, 96, h, w] over the mapped bytes
  at::Tensor coarse_;  // float16 [N, 1280, h, w]
};

/// Views of a data set under the present weights of an encoder: view 0 is the photo itself, the others are augmented.
/// A file is named after the data, the weights, the augmentation and the view; one that is there already is used.
/// @param on_progress called with the share done
/// @throws Error: io when the folder cannot be written; usage when stopped.
std::vector<FeatureView> make_feature_views(const std::filesystem::path& folder, nn::CaptionNetwork& network,
                                            const CaptionDataset& data, int views, const AugmentOptions& augment,
                                            const std::function<void(double)>& on_progress, std::stop_token stop);

}  // namespace fovea::train
