/// @file Scans and their masks in memory, ready for batches.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fovea/image.hpp"
#include "text/scan_data.hpp"

namespace fovea::train {

/// A mask as it is stored: 1 where something is abnormal.
struct StoredMask {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;  ///< height * width, 0 or 1
  bool empty() const noexcept;       ///< nothing is marked
};

/// Images and masks of one data set, squashed to the model's input.
struct ScanDataset {
  std::vector<text::ScanExample> examples;
  at::Tensor pixels;                 ///< uint8 [N, S, S, 3]
  at::Tensor clean;                  ///< the same without annotations; undefined unless asked for
  at::Tensor masks;                  ///< uint8 [N, S, S], 0 or 1
  std::vector<StoredMask> stored;    ///< on the grid of the files
  std::vector<std::int64_t> labels;  ///< number of each image's label; -1: it has none

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(examples.size()); }
};

/// The mask of an image: of an example without one, empty.
/// @throws Error: as load_image(); corrupt when it has another size.
StoredMask load_mask(const text::ScanExample& example, const Image& image);

constexpr std::uint64_t kFoldSeed = 0x666f6c64;  ///< folds are the same whatever a configuration's seed

/// The examples of one part, or of all others.
std::vector<text::ScanExample> part_of(const std::vector<text::ScanExample>& examples, const std::vector<int>& parts,
                                       int part, bool others);

/// The examples of several files, one after the other; one without a group is a group of its own.
std::vector<text::ScanExample> read_scans(const std::vector<std::filesystem::path>& files);

/// Splits examples into `count` parts of about the same size and the same labels; a group is never split.
/// @return the part (0 to count - 1) of each example; the same for the same examples and seed
std::vector<int> split_by_group(const std::vector<text::ScanExample>& examples, int count, std::uint64_t seed);

/// Reads images and masks. @param labels the model's @param clean also make ScanDataset::clean
/// @throws Error: as load_image(); corrupt for a mask of another size than its image or a label that the model does not
///         know.
ScanDataset load_scan_dataset(std::vector<text::ScanExample> examples, const std::vector<std::string>& labels,
                              std::int64_t input_size, bool clean, int threads);

}  // namespace fovea::train
