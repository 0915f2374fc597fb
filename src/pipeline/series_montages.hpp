/// @file Montages of series while their slices come in.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "fovea/highlight_run.hpp"
#include "fovea/image.hpp"
#include "pipeline/input_loader.hpp"
#include "pipeline/series_plan.hpp"
#include "render/montage.hpp"

namespace fovea::pipeline {

/// One sheet for each series that has begun. May be used by several threads.
class SeriesMontages {
 public:
  /// References must outlive the object.
  SeriesMontages(const HighlightRunOptions& options, const SeriesPlan& plan) : options_(options), plan_(plan) {}

  /// Puts a slice on its sheet, if it is shown there.
  /// @param overlay as FindingFiles::write() gives it; empty: it is drawn here
  void add(SeriesPlan::Place place, const LoadedItem& item, const Finding& finding, const Image& overlay);

  /// Whether a slice is shown, but was not added.
  bool lacks(SeriesPlan::Place place);

  /// The sheet of a series as it is.
  Image sheet(std::size_t series);
  /// Frees the sheet of a series.
  void forget(std::size_t series);

 private:
  struct Sheet {
    std::optional<render::Montage> montage;
    std::vector<bool> added;
    std::optional<double> threshold;  ///< of the findings on it
  };
  /// @param threshold for the legend; nothing: not known yet, or the sheet's own
  Sheet& sheet_of(std::size_t series, std::optional<double> threshold);

  const HighlightRunOptions& options_;
  const SeriesPlan& plan_;
  std::mutex mutex_;
  std::unordered_map<std::size_t, Sheet> sheets_;
};

}  // namespace fovea::pipeline
