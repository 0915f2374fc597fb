/// @file Frames that go through the network together.
#pragma once

#include <exception>
#include <optional>
#include <vector>

#include "fovea/captioner.hpp"
#include "pipeline/input_loader.hpp"

namespace fovea::pipeline {

/// An item that is ready to be written.
struct FinishedItem {
  LoadedItem item;
  std::optional<Caption> caption;     ///< there when the item's outcome is `captioned`
  std::exception_ptr output_failure;  ///< why what stands beside its record could not be written; null when it was
};

/// Captions those of `items` whose outcome is `captioned`, and gives back all in the same order. When the batch as a
/// whole fails, its images are captioned one by one, so that only those that fail alone become `failed`. Adds to
/// `seconds`.
std::vector<FinishedItem> caption_batch(const Captioner& captioner, std::vector<LoadedItem> items,
                                        CaptionSeconds& seconds);

}  // namespace fovea::pipeline
