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
#include "nn/encoder.hpp"
#include "nn/weights.hpp"
#include "train/augment.hpp"
#include "train/caption_dataset.hpp"

namespace fovea::train {

/// Features of one view of every image of a data set, mapped from one file.
class FeatureView {
 public:
  explicit FeatureView(const std::filesystem::path& file);
  /// "prefix" where the cache holds the output of the encoder's first blocks, else "fine" and "coarse", or only the
  /// latter for an encoder of one grid:
  /// float32 [images.size(), C, h, w], channels last.
  nn::TensorMap gather(const std::vector<std::int64_t>& images) const;

 private:
  std::shared_ptr<io::SafetensorsFile> file_;
  nn::TensorMap tensors_;  // float16 over the mapped bytes
};

/// Which features are computed, and how.
struct FeatureOptions {
  int views = 1;                             ///< view 0 is the photo itself, the others are augmented
  std::size_t prefix_blocks = 0;             ///< 0: the encoder's grids; else the output of MobileNetV2's first blocks
  at::ScalarType precision = at::kBFloat16;  ///< of MobileNetV2's arithmetic in odd views; else float32; files: float16
  AugmentOptions augment;
};

/// The pixels of view `view` of some images, uint8 [images.size(), size, size, 3]: view 0 is the photo itself.
at::Tensor view_pixels(const CaptionDataset& data, const std::vector<std::int64_t>& images, int view,
                       const AugmentOptions& augment);

/// Views of a data set under the present weights of an encoder. A file is named after all it depends on; one that is
/// there already is used.
/// @param on_progress called with the share done
/// @return options.views views; none when stopped
/// @throws Error: io when the folder cannot be written.
std::vector<FeatureView> make_feature_views(const std::filesystem::path& folder, const nn::Encoder& encoder,
                                            const CaptionDataset& data, const FeatureOptions& options,
                                            const std::function<void(double)>& on_progress, std::stop_token stop);

}  // namespace fovea::train
