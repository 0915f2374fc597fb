#include "pipeline/series_writer.hpp"

#include <algorithm>
#include <span>
#include <system_error>
#include <utility>

#include "fovea/error.hpp"
#include "fovea/version.hpp"
#include "io/file.hpp"
#include "io/image_writer.hpp"
#include "io/nifti.hpp"
#include "io/npy.hpp"
#include "pipeline/finding_files.hpp"
#include "pipeline/finding_record.hpp"
#include "pipeline/record_scan.hpp"
#include "render/scan_overlay.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kMontage = "montage.png";
constexpr const char* kVolume = "heat_map.nii.gz";
constexpr const char* kDescription = "series.json";

/// The folder that all slices of a series lie in, below OUT: of a single file, its own.
std::string common_folder(const PlannedSeries& series, const OutputLayout& layout) {
  const std::string& first = layout.input_folder(series.slices.front().input);
  const bool one_file = std::all_of(series.slices.begin(), series.slices.end(),
                                    [&](const auto& slice) { return slice.input == series.slices.front().input; });
  if (one_file) return first;
  fs::path common = fs::path(first).parent_path();
  for (const PlannedSlice& slice : series.slices) {
    const fs::path folder = fs::path(layout.input_folder(slice.input)).parent_path();
    const auto ends = std::mismatch(common.begin(), common.end(), folder.begin(), folder.end());
    fs::path shared;
    for (auto part = common.begin(); part != ends.first; ++part) shared /= *part;
    common = std::move(shared);
  }
  return common.native();
}

/// The scan's part of an overlay: what lies below and beside it is legend.
Image without_legend(const Image& overlay, int width, int height) {
  if (overlay.width == width && overlay.height == height) return overlay;
  Image scan{.width = width, .height = height, .pixels = {}, .geometry = {.width = width, .height = height}};
  const auto row_bytes = static_cast<std::size_t>(width) * 3;
  scan.pixels.reserve(row_bytes * static_cast<std::size_t>(height));
  for (int y = 0; y < height; ++y) {
    const auto* row = overlay.pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(overlay.width) * 3;
    scan.pixels.insert(scan.pixels.end(), row, row + row_bytes);
  }
  return scan;
}

bool holds(const fs::path& file, const std::string& text) {
  std::error_code error;
  if (!fs::exists(file, error)) return false;
  const Bytes bytes = read_bytes(file);
  return std::ranges::equal(*bytes, std::as_bytes(std::span(text)));
}

/// Slices of earlier runs for the montage, from their sources and files.
class SliceReader {
 public:
  SliceReader(const fs::path& records, LoadOptions load) : records_(records), load_(std::move(load)) {}

  Finding finding(std::uint64_t record_offset, const fs::path& folder) {
    Finding finding = parse_finding_record(records_.line(record_offset)).finding.value();
    finding.heat_map = io::read_npy(heat_map_file(folder)).values;
    return finding;
  }

  /// The frames of one file after the other are cheap.
  FrameReader& source(const fs::path& path) {
    if (!frames_ || path != path_) frames_ = open_frames(read_bytes(path), path.native(), load_);
    path_ = path;
    return *frames_;
  }

 private:
  RecordReader records_;
  LoadOptions load_;
  fs::path path_;
  std::unique_ptr<FrameReader> frames_;
};

}  // namespace

SeriesWriter::SeriesWriter(const HighlightRunOptions& options, const SeriesPlan& plan, const InputList& inputs,
                           OutputLayout& layout, RunOrigin origin, fs::path records)
    : options_(options),
      plan_(plan),
      inputs_(inputs),
      layout_(layout),
      origin_(std::move(origin)),
      records_(std::move(records)) {
  for (const PlannedSeries& series : plan_.series()) {
    folders_.push_back(layout.claim_beside(common_folder(series, layout), "series"));
  }
}

bool SeriesWriter::is_slice(std::size_t input, int frame) const {
  return (options_.outputs.montage || options_.outputs.volume) && plan_.find(input, frame).has_value();
}

fs::path SeriesWriter::slice_folder(const PlannedSlice& slice, const SliceState& state) const {
  return layout_.root() / layout_.item_folder(slice.input, slice.frame, state.frame_count);
}

SeriesWriter::Montage& SeriesWriter::montage_of(std::size_t series) {
  Montage& montage = montages_[series];
  if (montage.sheet) return montage;
  const PlannedSeries& planned = plan_.series()[series];
  std::optional<image::PixelSpacing> spacing;
  if (planned.spacing) spacing = {planned.spacing->between_columns, planned.spacing->between_rows};
  render::MontageOptions sheet;
  sheet.colormap = options_.colormap;
  sheet.opacity = options_.opacity;
  sheet.threshold = options_.highlight.threshold.value_or(sheet.threshold);
  montage.sheet.emplace(static_cast<int>(planned.slices.size()), planned.columns, planned.rows, spacing, sheet);
  montage.added.resize(planned.slices.size());
  return montage;
}

void SeriesWriter::add_picture(const LoadedItem& item, const Finding& finding, const Image& overlay) {
  const auto place = options_.outputs.montage ? plan_.find(item.input, item.frame) : std::nullopt;
  if (!place) return;
  const int number = static_cast<int>(place->slice) + 1;
  {
    const std::lock_guard lock(montages_mutex_);
    if (!montage_of(place->series).sheet->shows(number)) return;
  }
  Image picture;
  if (overlay.pixels.empty()) {
    auto drawing = overlay_options(options_, item.scan);
    drawing.legend = false;
    picture = render::render_scan_overlay(item.photo, finding, drawing);
  } else {
    picture = without_legend(overlay, finding.width, finding.height);
  }
  const std::lock_guard lock(montages_mutex_);
  Montage& montage = montage_of(place->series);
  montage.sheet->add(number, picture, !finding.regions.empty());
  montage.added[place->slice] = true;
}

void SeriesWriter::take(const LoadedItem& item) {
  if (!options_.outputs.montage && !options_.outputs.volume) return;
  if (const auto place = plan_.find(item.input, item.frame)) note(*place, item);
  // A file that could not be opened stands for all its frames.
  if (item.frame_count > 1 || (item.outcome != ItemOutcome::failed && item.outcome != ItemOutcome::already_failed))
    return;
  for (int frame = item.frame + 1; frame <= plan_.last_frame(item.input); ++frame) {
    if (const auto place = plan_.find(item.input, frame)) note(*place, item);
  }
}

void SeriesWriter::note(SeriesPlan::Place place, const LoadedItem& item) {
  Progress& progress = progress_[place.series];
  progress.slices.resize(plan_.series()[place.series].slices.size());
  SliceState& slice = progress.slices[place.slice];
  if (slice.behind) return;
  slice.behind = true;
  slice.ok = item.outcome == ItemOutcome::highlighted || item.outcome == ItemOutcome::already_done;
  slice.frame_count = item.frame_count;
  slice.input_sha256 = item.input_sha256;
  if (item.outcome == ItemOutcome::already_done) slice.offset = item.existing->offset;
  progress.fresh |= item.outcome == ItemOutcome::highlighted || item.outcome == ItemOutcome::failed;
  if (++progress.behind < progress.slices.size()) return;
  finish(place.series, progress);
  progress_.erase(place.series);
  const std::lock_guard lock(montages_mutex_);
  montages_.erase(place.series);
}

Json SeriesWriter::description(std::size_t series, const Progress& progress) const {
  const PlannedSeries& planned = plan_.series()[series];
  std::vector<Json> planes(planned.slices.size());
  for (std::size_t plane = 0; plane < planned.volume.planes.size(); ++plane) {
    if (const auto slice = planned.volume.planes[plane]) planes[*slice] = plane;
  }
  Json slices = Json::array();
  std::size_t failed = 0;
  for (std::size_t k = 0; k < planned.slices.size(); ++k) {
    const PlannedSlice& slice = planned.slices[k];
    if (!progress.slices[k].ok) ++failed;
    slices.push_back({{"input", inputs_.name(slice.input)},
                      {"frame", slice.frame},
                      {"input_sha256", text_or_null(progress.slices[k].input_sha256)},
                      {"status", progress.slices[k].ok ? "ok" : "error"},
                      {"plane", planes[k]}});
  }
  Json notices = planned.notices;
  for (const std::string& notice : planned.volume.notices) notices.push_back(notice);
  if (failed > 0) {
    notices.push_back(std::to_string(failed) + " slices could not be highlighted: in the volume their values are 0");
  }
  Json files = Json::object();
  if (options_.outputs.montage) files["montage"] = kMontage;
  if (options_.outputs.volume) files["heat_map_nii"] = kVolume;
  return {{"version", kVersion},
          {"study_uid", text_or_null(planned.study_uid)},
          {"series_uid", text_or_null(planned.series_uid)},
          {"rows", planned.rows},
          {"columns", planned.columns},
          {"planes", planned.volume.planes.size()},
          {"located", planned.volume.affine.has_value()},
          {"slices", slices},
          {"notices", notices},
          {"files", files},
          {"model", origin_.model.id},
          {"model_sha256", origin_.model.sha256},
          {"options_sha256", origin_.options_sha256}};
}

void SeriesWriter::finish(std::size_t series, const Progress& progress) {
  const fs::path folder = layout_.root() / folders_[series];
  std::error_code error;
  if (std::none_of(progress.slices.begin(), progress.slices.end(), [](const SliceState& slice) { return slice.ok; })) {
    // Maps without any value would look like ones without a finding.
    for (const char* name : {kDescription, kMontage, kVolume}) fs::remove(folder / name, error);
    fs::remove(folder, error);  // only when it is empty
    return;
  }
  const Json json = description(series, progress);
  const std::string text = json_fields(json);
  const auto is_there = [&](const Json& name) { return fs::exists(folder / name.get<std::string>()); };
  const Json& files = json.at("files");
  if (!progress.fresh && holds(folder / kDescription, text) && std::all_of(files.begin(), files.end(), is_there))
    return;
  io::make_folder(folder);
  fs::remove(folder / kDescription, error);  // what is in the folder belongs to it no longer
  if (options_.outputs.montage) write_montage(series, progress, folder);
  if (options_.outputs.volume) write_volume(series, progress, folder);
  io::write_file(folder / kDescription, std::as_bytes(std::span(text)));
}

void SeriesWriter::write_montage(std::size_t series, const Progress& progress, const fs::path& folder) {
  std::optional<SliceReader> reader;
  const PlannedSeries& planned = plan_.series()[series];
  for (std::size_t k = 0; k < planned.slices.size(); ++k) {
    const SliceState& state = progress.slices[k];
    {
      const std::lock_guard lock(montages_mutex_);
      const Montage& montage = montage_of(series);
      if (montage.added[k] || !state.offset || !montage.sheet->shows(static_cast<int>(k) + 1)) continue;
    }
    if (!reader) reader.emplace(records_, LoadOptions{.max_pixels = options_.max_pixels, .display = options_.display});
    LoadedItem item;
    item.input = planned.slices[k].input;
    item.frame = planned.slices[k].frame;
    const Finding finding = reader->finding(*state.offset, slice_folder(planned.slices[k], state));
    FrameReader& source = reader->source(inputs_.path(item.input));
    item.scan = source.scan(item.frame);
    item.photo = source.read(item.frame);
    add_picture(item, finding, {});
  }
  const std::lock_guard lock(montages_mutex_);
  io::write_png(folder / kMontage, montage_of(series).sheet->sheet());
}

void SeriesWriter::write_volume(std::size_t series, const Progress& progress, const fs::path& folder) const {
  const PlannedSeries& planned = plan_.series()[series];
  io::Volume volume{.columns = planned.columns,
                    .rows = planned.rows,
                    .slices = static_cast<int>(planned.volume.planes.size()),
                    .affine = planned.volume.affine};
  io::write_nifti(folder / kVolume, volume, [&](int plane) {
    const auto slice = planned.volume.planes[static_cast<std::size_t>(plane)];
    if (slice && progress.slices[*slice].ok)
      return io::read_npy(heat_map_file(slice_folder(planned.slices[*slice], progress.slices[*slice]))).values;
    return std::vector<float>(static_cast<std::size_t>(planned.rows) * static_cast<std::size_t>(planned.columns));
  });
}

}  // namespace fovea::pipeline
