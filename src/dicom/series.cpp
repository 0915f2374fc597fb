#include "fovea/series.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "dicom/head.hpp"
#include "dicom/pixel_module.hpp"
#include "dicom/pixel_reader.hpp"
#include "dicom/scan.hpp"
#include "dicom/slice_order.hpp"
#include "fovea/error.hpp"
#include "image/vector3.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;

/// A file of more frames is no series of slices: each frame is held with its attributes.
constexpr int kMaxFrames = 20'000;

bool nearly_equal(double a, double b) { return std::abs(a - b) <= 1e-3 * std::max(std::abs(a), std::abs(b)); }

bool same_spacing(const std::optional<PixelSpacing>& a, const std::optional<PixelSpacing>& b) {
  if (!a || !b) return !a && !b;
  return a->source == b->source && nearly_equal(a->between_rows, b->between_rows) &&
         nearly_equal(a->between_columns, b->between_columns);
}

bool same_orientation(const std::optional<ScanOrientation>& a, const std::optional<ScanOrientation>& b) {
  if (!a || !b) return !a && !b;
  constexpr double kCosine = 0.9999;  // 0.8 degrees
  return image::dot(a->along_row, b->along_row) > kCosine && image::dot(a->along_column, b->along_column) > kCosine;
}

/// Whether two slices of a series can lie above each other.
bool belong_together(const Scan& a, const Scan& b) {
  return a.identity.rows == b.identity.rows && a.identity.columns == b.identity.columns &&
         a.geometry.frame_of_reference_uid == b.geometry.frame_of_reference_uid &&
         same_orientation(a.geometry.orientation, b.geometry.orientation) &&
         same_spacing(a.geometry.spacing, b.geometry.spacing);
}

class SeriesSorter {
 public:
  explicit SeriesSorter(const LoadOptions& options) : options_(options) {}

  void add(const fs::path& path) try {
    const auto file = dicom::read_head(path, options_.max_inflated_bytes);
    auto identity = dicom::read_identity(*file);
    const auto module = dicom::read_pixel_module(*file, options_.max_pixels);
    if (!dicom::is_compressed(*file)) dicom::check_native(*file, module);
    if (module.frames > kMaxFrames) {
      throw Error(ErrorCode::unsupported, path.string() + ": " + std::to_string(module.frames) +
                                              " frames are more than a series of slices may have, " +
                                              std::to_string(kMaxFrames));
    }
    if (!identity.sop_uid.empty()) {
      const auto [first, is_new] = instances_.emplace(identity.sop_uid, path);
      if (!is_new) {
        list_.notices.push_back(path.string() + " has the SOP instance UID of " + first->second.string() +
                                "; it is left out of series");
        return;
      }
    }
    // Without a series UID nothing says that files belong together.
    const auto key = identity.series_uid.empty() ? "file " + path.string() : identity.series_uid;
    for (int frame = 0; frame < module.frames; ++frame) {
      add_slice(key, {.path = path,
                      .frame = frame + 1,
                      .scan = {.identity = identity, .geometry = dicom::read_geometry(*file, frame)}});
    }
  } catch (const Error& e) {
    list_.notices.push_back(std::string(e.what()) + "; it is left out of series");
  }

  SeriesList result() {
    for (auto& series : list_.series) dicom::put_in_order(series);
    return std::move(list_);
  }

 private:
  void add_slice(const std::string& key, Slice slice) {
    auto& groups = groups_[key];
    const auto group = std::find_if(groups.begin(), groups.end(), [&](std::size_t index) {
      return belong_together(list_.series[index].slices.front().scan, slice.scan);
    });
    if (group != groups.end()) {
      list_.series[*group].slices.push_back(std::move(slice));
      return;
    }
    groups.push_back(list_.series.size());
    auto& series = list_.series.emplace_back();
    series.slices.push_back(std::move(slice));
  }

  LoadOptions options_;
  SeriesList list_;
  std::unordered_map<std::string, fs::path> instances_;               ///< first file of each SOP instance UID
  std::unordered_map<std::string, std::vector<std::size_t>> groups_;  ///< of each series UID: indices in list_.series
};

}  // namespace

SeriesList group_series(std::span<const fs::path> files, const LoadOptions& options, const std::stop_token& stop) {
  SeriesSorter sorter(options);
  for (const auto& file : files) {
    if (stop.stop_requested()) break;
    sorter.add(file);
  }
  return sorter.result();
}

}  // namespace fovea
