#include "pipeline/series_description.hpp"

#include <algorithm>
#include <fstream>
#include <system_error>

#include "fovea/version.hpp"
#include "pipeline/item_files.hpp"

namespace fovea::pipeline {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const SeriesFile& montage_file() {
  static const SeriesFile file{"montage", "montage.png"};
  return file;
}

const SeriesFile& volume_file() {
  static const SeriesFile file{"heat_map_nii", "heat_map.nii.gz"};
  return file;
}

std::vector<SeriesFile> series_files(const HighlightRunOptions& options) {
  std::vector<SeriesFile> files;
  if (options.outputs.montage) files.push_back(montage_file());
  if (options.outputs.volume) files.push_back(volume_file());
  const auto add = [&](bool is_wanted, ItemFile file) {
    if (is_wanted) files.push_back({name_of(file).key, name_of(file).name});
  };
  add(options.dicom.seg, ItemFile::segmentation);
  add(options.dicom.seg_fractional, ItemFile::fractional_segmentation);
  add(options.dicom.pm, ItemFile::parametric_map);
  return files;
}

std::vector<SeriesFile> all_series_files() {
  HighlightRunOptions all;
  all.dicom = {.seg = true, .seg_fractional = true, .pm = true};
  return series_files(all);
}

Json describe_series(const PlannedSeries& series, const std::vector<SliceState>& slices, const InputList& inputs,
                     const RunOrigin& origin) {
  std::vector<Json> planes(slices.size());
  for (std::size_t plane = 0; plane < series.volume.planes.size(); ++plane) {
    if (const auto slice = series.volume.planes[plane]) planes[*slice] = plane;
  }
  Json list = Json::array();
  for (std::size_t k = 0; k < slices.size(); ++k) {
    list.push_back({{"input", inputs.name(series.slices[k].input)},
                    {"frame", series.slices[k].frame},
                    {"input_sha256", text_or_null(slices[k].input_sha256)},
                    {"status", slices[k].ok ? "ok" : "error"},
                    {"plane", planes[k]}});
  }
  Json notices = series.notices;
  for (const std::string& notice : series.volume.notices) notices.push_back(notice);
  const auto failed = std::count_if(slices.begin(), slices.end(), [](const SliceState& slice) { return !slice.ok; });
  if (failed > 0) {
    notices.push_back(std::to_string(failed) + " slices could not be highlighted: in the volume their values are 0");
  }
  return {{"version", kVersion},
          {"study_uid", text_or_null(series.study_uid)},
          {"series_uid", text_or_null(series.series_uid)},
          {"rows", series.rows},
          {"columns", series.columns},
          {"planes", series.volume.planes.size()},
          {"located", series.volume.affine.has_value()},
          {"slices", list},
          {"notices", notices},
          {"model", origin.model.id},
          {"model_sha256", origin.model.sha256},
          {"options_sha256", origin.options_sha256}};
}

bool is_described(const fs::path& folder, const Json& description, const std::vector<SeriesFile>& files) {
  std::ifstream file(folder / kSeriesDescription);
  Json found = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!found.is_object() || !found.contains("files") || !found.contains("refused")) return false;
  const Json written = found["files"];
  const Json refused = found["refused"];
  const auto is_there = [&](const SeriesFile& wanted) {
    std::error_code error;
    return refused.contains(wanted.key) || (written.contains(wanted.key) && fs::exists(folder / wanted.name, error));
  };
  found.erase("files");
  found.erase("refused");
  return found == description && std::all_of(files.begin(), files.end(), is_there);
}

}  // namespace fovea::pipeline
