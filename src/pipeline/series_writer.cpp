#include "pipeline/series_writer.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "fovea/error.hpp"
#include "io/file.hpp"
#include "io/image_writer.hpp"
#include "io/nifti.hpp"
#include "io/npy.hpp"
#include "pipeline/finding_record.hpp"
#include "pipeline/path_text.hpp"
#include "pipeline/record_scan.hpp"
#include "pipeline/run_start.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

fs::path heat_map_file(const fs::path& folder) { return folder / name_of(ItemFile::heat_map_npy).name; }

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
                           OutputLayout& layout, RunOrigin origin, fs::path records, const DicomResults* dicom,
                           const dicom_out::Deidentifier* deidentifier)
    : options_(options),
      plan_(plan),
      inputs_(inputs),
      layout_(layout),
      origin_(std::move(origin)),
      records_(std::move(records)),
      dicom_(dicom),
      deidentifier_(deidentifier),
      wanted_(series_files(options)),
      wants_objects_(dicom != nullptr && (options.dicom.seg || options.dicom.seg_fractional || options.dicom.pm)),
      montages_(options, plan) {
  for (const PlannedSeries& series : plan_.series()) {
    folders_.push_back(layout.claim_beside(common_folder(series, layout), "series"));
  }
}

bool SeriesWriter::is_slice(std::size_t input, int frame) const {
  return !wanted_.empty() && plan_.find(input, frame).has_value();
}

fs::path SeriesWriter::slice_folder(const PlannedSlice& slice, const SliceState& state) const {
  return layout_.root() / layout_.item_folder(slice.input, slice.frame, state.frame_count);
}

void SeriesWriter::add_picture(const LoadedItem& item, const Finding& finding, const Image& overlay) {
  if (!options_.outputs.montage) return;
  if (const auto place = plan_.find(item.input, item.frame)) montages_.add(*place, item, finding, overlay);
}

void SeriesWriter::take(const LoadedItem& item, const Finding* finding) {
  if (wanted_.empty()) return;
  if (const auto place = plan_.find(item.input, item.frame)) note(*place, item, finding);
  // A file that could not be opened stands for all its frames.
  if (item.frame_count > 1 || (item.outcome != ItemOutcome::failed && item.outcome != ItemOutcome::already_failed))
    return;
  for (int frame = item.frame + 1; frame <= plan_.last_frame(item.input); ++frame) {
    if (const auto place = plan_.find(item.input, frame)) note(*place, item, nullptr);
  }
}

void SeriesWriter::note(SeriesPlan::Place place, const LoadedItem& item, const Finding* finding) {
  Progress& progress = progress_[place.series];
  progress.slices.resize(plan_.series()[place.series].slices.size());
  SliceState& slice = progress.slices[place.slice];
  if (slice.behind) return;
  slice.behind = true;
  slice.ok = item.outcome == ItemOutcome::highlighted || item.outcome == ItemOutcome::already_done;
  slice.frame_count = item.frame_count;
  slice.input_sha256 = item.input_sha256;
  if (item.outcome == ItemOutcome::already_done) slice.offset = item.existing->offset;
  if (finding != nullptr && wants_objects_) slice.finding = *finding;
  progress.fresh |= item.outcome == ItemOutcome::highlighted || item.outcome == ItemOutcome::failed;
  if (++progress.behind < progress.slices.size()) return;
  finish(place.series, progress);
  progress_.erase(place.series);
  montages_.forget(place.series);
}

Json SeriesWriter::description(std::size_t series, const Progress& progress) const {
  Json json = describe_series(plan_.series()[series], progress.slices, inputs_, origin_);
  for (const char* field : {"study_uid", "series_uid"}) {
    if (deidentifier_ != nullptr && json[field].is_string()) {
      json[field] = deidentifier_->uid(json[field].get<std::string>());
    }
  }
  return json;
}

void SeriesWriter::finish(std::size_t series, const Progress& progress) {
  const fs::path folder = layout_.root() / folders_[series];
  Json json = description(series, progress);
  const bool some =
      std::any_of(progress.slices.begin(), progress.slices.end(), [](const auto& slice) { return slice.ok; });
  if (some && !progress.fresh && is_described(folder, json, wanted_)) return;
  std::error_code error;
  fs::remove(folder / kSeriesDescription, error);  // what is in the folder belongs to it no longer
  for (const SeriesFile& file : all_series_files()) fs::remove(folder / file.name, error);
  if (!some) {
    // Maps without any value would look like ones without a finding.
    fs::remove(folder, error);  // only when it is empty
    return;
  }
  io::make_folder(folder);
  WrittenObjects written;
  /// Writes a file; what cannot be made for another reason than the disk is refused.
  const auto put = [&](bool is_wanted, const SeriesFile& file, const auto& write) {
    if (!is_wanted) return;
    try {
      write(series, progress, folder);
      written.files.emplace_back(file.key, file.name);
    } catch (const Error& e) {
      if (e.code() == ErrorCode::io) throw;
      written.refused.emplace_back(file.key, e.what());
    }
  };
  put(options_.outputs.montage, montage_file(), [&](auto&&... what) { write_montage(what...); });
  put(options_.outputs.volume, volume_file(), [&](auto&&... what) { write_volume(what...); });
  if (wants_objects_) {
    const WrittenObjects objects = write_objects(series, progress, folder);
    written.files.insert(written.files.end(), objects.files.begin(), objects.files.end());
    written.refused.insert(written.refused.end(), objects.refused.begin(), objects.refused.end());
  }
  json["files"] = Json::object();
  json["refused"] = Json::object();
  for (const auto& [key, name] : written.files) json["files"][key] = name;
  for (const auto& [key, why] : written.refused) json["refused"][key] = why;
  const std::string text = json_fields(json);
  io::write_file(folder / kSeriesDescription, std::as_bytes(std::span(text)));
}

WrittenObjects SeriesWriter::write_objects(std::size_t series, const Progress& progress, const fs::path& folder) const {
  const PlannedSeries& planned = plan_.series()[series];
  std::optional<RecordReader> reader;
  std::vector<DicomSlice> slices;
  for (std::size_t k = 0; k < planned.slices.size(); ++k) {
    const SliceState& state = progress.slices[k];
    if (!state.ok) continue;
    DicomSlice slice{.source = inputs_.path(planned.slices[k].input),
                     .frame = planned.slices[k].frame,
                     .finding = {},
                     .folder = slice_folder(planned.slices[k], state)};
    if (state.finding) {
      slice.finding = *state.finding;
    } else {
      if (!reader) reader.emplace(records_);
      slice.finding = parse_finding_record(reader->line(state.offset.value())).finding.value();
    }
    slices.push_back(std::move(slice));
  }
  WrittenObjects objects = dicom_->write_series(slices, folder);
  for (auto& [key, why] : objects.refused) {
    for (const PlannedSlice& slice : planned.slices) {
      why = with_name_for_path(std::move(why), inputs_.path(slice.input), inputs_.name(slice.input));
    }
  }
  return objects;
}

void SeriesWriter::write_montage(std::size_t series, const Progress& progress, const fs::path& folder) {
  std::optional<SliceReader> reader;
  const PlannedSeries& planned = plan_.series()[series];
  for (std::size_t k = 0; k < planned.slices.size(); ++k) {
    const SliceState& state = progress.slices[k];
    if (!state.offset || !montages_.lacks({series, k})) continue;
    if (!reader) reader.emplace(records_, LoadOptions{.max_pixels = options_.max_pixels, .display = options_.display});
    LoadedItem item;
    item.input = planned.slices[k].input;
    item.frame = planned.slices[k].frame;
    const Finding finding = reader->finding(*state.offset, slice_folder(planned.slices[k], state));
    FrameReader& source = reader->source(inputs_.path(item.input));
    item.scan = source.scan(item.frame);
    item.photo = source.read(item.frame);
    montages_.add({series, k}, item, finding, {});
  }
  io::write_png(folder / montage_file().name, montages_.sheet(series));
}

void SeriesWriter::write_volume(std::size_t series, const Progress& progress, const fs::path& folder) const {
  const PlannedSeries& planned = plan_.series()[series];
  io::Volume volume{.columns = planned.columns,
                    .rows = planned.rows,
                    .slices = static_cast<int>(planned.volume.planes.size()),
                    .affine = planned.volume.affine};
  const auto values = [&](int plane) {
    const auto slice = planned.volume.planes[static_cast<std::size_t>(plane)];
    if (slice && progress.slices[*slice].ok)
      return io::read_npy(heat_map_file(slice_folder(planned.slices[*slice], progress.slices[*slice]))).values;
    return std::vector<float>(static_cast<std::size_t>(planned.rows) * static_cast<std::size_t>(planned.columns));
  };
  io::write_nifti(folder / volume_file().name, volume, values, thread_count(options_.threads));
}

}  // namespace fovea::pipeline
