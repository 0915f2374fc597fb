#include "pipeline/series_plan.hpp"

#include <algorithm>
#include <filesystem>

#include "fovea/series.hpp"
#include "pipeline/path_text.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;

std::uint64_t key_of(std::size_t input, int frame) {
  constexpr unsigned kFrameBits = 24;
  return (static_cast<std::uint64_t>(input) << kFrameBits) | static_cast<std::uint64_t>(frame);
}

/// Numbers of the inputs that may be DICOM files, by path.
std::unordered_map<std::string, std::size_t> dicom_inputs(const InputList& inputs, std::vector<fs::path>& files,
                                                          const std::stop_token& stop) {
  std::unordered_map<std::string, std::size_t> numbers;
  for (std::size_t i = 0; i < inputs.size() && !stop.stop_requested(); ++i) {
    fs::path path = inputs.path(i);
    if (!has_dicom_extension(path.filename().native()) && !is_dicom_file(path)) continue;
    numbers.emplace(path.native(), i);
    files.push_back(std::move(path));
  }
  return numbers;
}

PlannedSeries planned(const Series& series, const std::unordered_map<std::string, std::size_t>& numbers,
                      const InputList& inputs) {
  const Scan& first = series.slices.front().scan;
  PlannedSeries plan;
  plan.rows = first.identity.rows;
  plan.columns = first.identity.columns;
  plan.spacing = first.geometry.spacing;
  plan.study_uid = first.identity.study_uid;
  plan.series_uid = first.identity.series_uid;
  plan.volume = stack_slices(series);
  plan.notices = series.notices;
  plan.slices.reserve(series.slices.size());
  for (const Slice& slice : series.slices) {
    const std::size_t input = numbers.at(slice.path.native());
    plan.slices.push_back({input, slice.frame});
    for (std::string& notice : plan.notices)
      notice = with_name_for_path(std::move(notice), slice.path, inputs.name(input));
  }
  return plan;
}

/// The files in their order, but those of a series together.
std::vector<std::size_t> order_of(const InputList& inputs, const std::vector<PlannedSeries>& series) {
  std::vector<std::size_t> first_series(inputs.size(), series.size());
  for (std::size_t s = series.size(); s-- > 0;) {
    for (const PlannedSlice& slice : series[s].slices) first_series[slice.input] = s;
  }
  std::vector<std::size_t> order;
  order.reserve(inputs.size());
  std::vector<bool> taken(inputs.size());
  const auto take = [&](std::size_t input) {
    if (!taken[input]) order.push_back(input);
    taken[input] = true;
  };
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (taken[i]) continue;
    if (first_series[i] == series.size()) {
      take(i);
    } else {
      for (const PlannedSlice& slice : series[first_series[i]].slices) take(slice.input);
    }
  }
  return order;
}

}  // namespace

SeriesPlan::SeriesPlan(InputList& inputs, const LoadOptions& options, const std::stop_token& stop) {
  std::vector<fs::path> files;
  const auto numbers = dicom_inputs(inputs, files, stop);
  auto groups = group_series(files, options, stop);
  notices_ = std::move(groups.notices);
  for (const Series& series : groups.series) {
    if (series.slices.size() >= 2) series_.push_back(planned(series, numbers, inputs));
  }
  const auto order = order_of(inputs, series_);
  inputs.reorder(order);
  std::vector<std::size_t> new_number(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) new_number[order[i]] = i;
  for (std::size_t s = 0; s < series_.size(); ++s) {
    for (std::size_t k = 0; k < series_[s].slices.size(); ++k) {
      PlannedSlice& slice = series_[s].slices[k];
      slice.input = new_number[slice.input];
      places_.emplace(key_of(slice.input, slice.frame), Place{s, k});
      int& last = last_frames_[slice.input];
      last = std::max(last, slice.frame);
    }
  }
}

int SeriesPlan::last_frame(std::size_t input) const {
  const auto found = last_frames_.find(input);
  return found == last_frames_.end() ? 0 : found->second;
}

std::optional<SeriesPlan::Place> SeriesPlan::find(std::size_t input, int frame) const {
  const auto found = places_.find(key_of(input, frame));
  return found == places_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace fovea::pipeline
