/// @file The series among the inputs of a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fovea/loader.hpp"
#include "pipeline/input_list.hpp"
#include "pipeline/series_volume.hpp"

namespace fovea::pipeline {

/// A frame of an input.
struct PlannedSlice {
  std::size_t input = 0;
  int frame = 1;  ///< from 1
};

/// Slices that belong together, at least two.
struct PlannedSeries {
  std::vector<PlannedSlice> slices;  ///< in the order of their positions
  int rows = 0;
  int columns = 0;
  std::optional<PixelSpacing> spacing{};
  std::string study_uid{}, series_uid{};
  SeriesVolume volume{};
  std::vector<std::string> notices{};  ///< for people: gaps, repeated positions
};

/// Finds series, and which slice of which one a frame is. Slices keep a few bytes each.
class SeriesPlan {
 public:
  SeriesPlan() = default;
  /// Groups the DICOM files of `inputs` by what they say of themselves, and puts the files of each series behind its
  /// first one, in the order of their positions.
  SeriesPlan(InputList& inputs, const LoadOptions& options, const std::stop_token& stop);

  const std::vector<PlannedSeries>& series() const noexcept { return series_; }
  /// Remarks for people: files that were left out of series, and why.
  const std::vector<std::string>& notices() const noexcept { return notices_; }

  struct Place {
    std::size_t series = 0;
    std::size_t slice = 0;
  };
  /// Nothing for a frame that belongs to no series.
  std::optional<Place> find(std::size_t input, int frame) const;
  /// The last frame of an input that belongs to a series; 0 when none does.
  int last_frame(std::size_t input) const;

 private:
  std::vector<PlannedSeries> series_;
  std::vector<std::string> notices_;
  std::unordered_map<std::uint64_t, Place> places_;
  std::unordered_map<std::size_t, int> last_frames_;
};

}  // namespace fovea::pipeline
