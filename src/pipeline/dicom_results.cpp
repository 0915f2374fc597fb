#include "pipeline/dicom_results.hpp"

#include <map>
#include <optional>

#include "dicom/head.hpp"
#include "dicom_out/deidentify.hpp"
#include "dicom_out/parametric_map.hpp"
#include "dicom_out/presentation_state.hpp"
#include "dicom_out/report.hpp"
#include "dicom_out/result.hpp"
#include "dicom_out/secondary_capture.hpp"
#include "dicom_out/segmentation.hpp"
#include "fovea/error.hpp"
#include "fovea/scan_info.hpp"
#include "io/npy.hpp"
#include "pipeline/path_text.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using dicom_out::SegmentationKind;

std::shared_ptr<const dicom_out::Source> open_source(const fs::path& path) {
  return std::make_shared<const dicom_out::Source>(*dicom::read_head(path, LoadOptions{}.max_inflated_bytes));
}

/// Writes one object after the other, and notes which ones cannot be made.
class ObjectList {
 public:
  explicit ObjectList(fs::path folder) : folder_(std::move(folder)) {}

  /// @param why there is no source for objects; empty: there is
  void put(ItemFile file, const std::string& why, const std::function<void(const fs::path&)>& write) {
    const ItemFileName& name = name_of(file);
    if (!why.empty()) {
      objects_.refused.emplace_back(name.key, why);
      return;
    }
    try {
      write(folder_ / name.name);
      objects_.files.emplace_back(name.key, name.name);
    } catch (const Error& e) {
      if (e.code() == ErrorCode::io) throw;
      objects_.refused.emplace_back(name.key, e.what());
    }
  }

  WrittenObjects take() { return std::move(objects_); }

 private:
  fs::path folder_;
  WrittenObjects objects_;
};

/// The objects that are made of a whole series, of one or more slices.
void put_series(ObjectList& list, const DicomOutputs& outputs, const std::string& why,
                const dicom_out::SeriesResult& series, const dicom_out::ResultContext& run) {
  if (outputs.seg) {
    list.put(ItemFile::segmentation, why,
             [&](const fs::path& path) { dicom_out::write_segmentation(path, series, SegmentationKind::binary, run); });
  }
  if (outputs.seg_fractional) {
    list.put(ItemFile::fractional_segmentation, why, [&](const fs::path& path) {
      dicom_out::write_segmentation(path, series, SegmentationKind::fractional, run);
    });
  }
  if (outputs.pm) {
    list.put(ItemFile::parametric_map, why,
             [&](const fs::path& path) { dicom_out::write_parametric_map(path, series, run); });
  }
}

/// Why nothing that says what is abnormal is made of a finding; empty where there is no reason.
std::string why_no_marks(const Finding& finding) {
  if (!finding.explained) return {};
  return "the heat map shows where the model looked for " + *finding.explained +
         ", not what is abnormal; the Secondary Capture (sc) shows it with its legend";
}

std::vector<std::uint8_t> read_mask(const fs::path& path) {
  const Image image = load_image(path);
  std::vector<std::uint8_t> mask(image.pixels.size() / 3);
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = image.pixels[3 * i] == 0 ? 0 : 1;
  return mask;
}

}  // namespace

struct DicomResults::Impl {
  DicomOutputs outputs;
  DisplayOptions display;
  dicom_out::ResultContext context;

  /// The context with what holds for one finding.
  dicom_out::ResultContext context_of(const Finding& finding) const {
    dicom_out::ResultContext run = context;
    run.algorithm.parameters = "threshold=" + std::to_string(finding.threshold);
    return run;
  }

  /// A message that tells UIDs only as results do.
  std::string without_uids(std::string message, const std::optional<Scan>& scan) const {
    if (!context.deidentifier || !scan) return message;
    const ScanIdentity& identity = scan->identity;
    for (const std::string& uid : {identity.study_uid, identity.series_uid, identity.sop_uid}) {
      message = with_name_for_path(std::move(message), uid, context.deidentifier->uid(uid));
    }
    return message;
  }

  /// What values of a source were shown through, where it is not the first window of the file itself.
  std::optional<Window> window_of(const fs::path& source) const {
    if (display.window) return display.window;
    if (display.window_index <= 1) return std::nullopt;
    const auto windows = describe_scan(source).windows;
    const auto index = static_cast<std::size_t>(display.window_index) - 1;
    return index < windows.size() ? std::optional(windows[index]) : std::nullopt;
  }
};

DicomResults::DicomResults(const HighlightRunOptions& options, const RunOrigin& origin, const std::string& key)
    : impl_(std::make_unique<Impl>()) {
  impl_->outputs = options.dicom;
  impl_->display = options.display;
  impl_->context.algorithm = {
      .name = origin.model.id, .version = {}, .model_sha256 = origin.model.sha256, .parameters = {}};
  impl_->context.uids = dicom_out::Uids(key);
  if (options.deidentify) impl_->context.deidentifier = std::make_shared<const dicom_out::Deidentifier>(key);
}

DicomResults::~DicomResults() = default;

ItemFileSet DicomResults::wanted(const DicomOutputs& outputs, bool slice) {
  ItemFileSet files;
  if (outputs.sc) files.add(ItemFile::secondary_capture);
  if (outputs.sr) files.add(ItemFile::report);
  if (outputs.gsps) files.add(ItemFile::presentation_state);
  if (outputs.seg && !slice) files.add(ItemFile::segmentation);
  if (outputs.seg_fractional && !slice) files.add(ItemFile::fractional_segmentation);
  if (outputs.pm && !slice) files.add(ItemFile::parametric_map);
  return files;
}

void DicomResults::write_item(const fs::path& source, const LoadedItem& item, const Finding& finding,
                              const Image& overlay, bool slice, const fs::path& folder, FindingRecord& record) const {
  if (wanted(impl_->outputs, slice).empty()) return;
  std::string why;
  dicom_out::FrameResult result{.source = nullptr, .frame = item.frame, .finding = finding};
  if (!item.scan) why = "the input is no DICOM file";
  if (item.scan) {
    try {
      result.source = open_source(source);
    } catch (const Error& e) {
      if (e.code() == ErrorCode::io) throw;
      why = e.what();
    }
  }
  const DicomOutputs& outputs = impl_->outputs;
  const std::string no_marks = why.empty() ? why_no_marks(finding) : why;
  const auto run = impl_->context_of(finding);
  ObjectList list(folder);
  if (outputs.sc) {
    list.put(ItemFile::secondary_capture, why, [&](const fs::path& path) {
      dicom_out::write_secondary_capture(path, result, overlay, /*source_pixels=*/true, run);
    });
  }
  if (outputs.sr)
    list.put(ItemFile::report, no_marks, [&](const fs::path& path) { dicom_out::write_report(path, result, run); });
  if (outputs.gsps) {
    list.put(ItemFile::presentation_state, no_marks, [&](const fs::path& path) {
      dicom_out::write_presentation_state(path, result, impl_->window_of(source), run);
    });
  }
  if (!slice) {
    dicom_out::SeriesResult series;
    if (why.empty()) series.frames.push_back(result);
    put_series(list, outputs, no_marks, series, run);
  }
  WrittenObjects objects = list.take();
  for (auto& [key, name] : objects.files) record.files.emplace_back(std::move(key), std::move(name));
  for (auto& [key, reason] : objects.refused) {
    reason = with_name_for_path(std::move(reason), source, record.input);
    record.refused.emplace_back(std::move(key), impl_->without_uids(std::move(reason), item.scan));
  }
}

WrittenObjects DicomResults::write_series(const std::vector<DicomSlice>& slices, const fs::path& folder) const {
  dicom_out::SeriesResult series;
  std::map<std::string, std::shared_ptr<const dicom_out::Source>> sources;
  std::string why = why_no_marks(slices.front().finding);
  try {
    for (const DicomSlice& slice : slices) {
      auto& source = sources[slice.source.native()];
      if (!source) source = open_source(slice.source);
      series.frames.push_back({.source = source, .frame = slice.frame, .finding = slice.finding});
    }
  } catch (const Error& e) {
    if (e.code() == ErrorCode::io) throw;
    why = e.what();
  }
  series.load_maps = [&](std::size_t index) {
    dicom_out::Maps maps;
    maps.heat_map = io::read_npy(slices[index].folder / name_of(ItemFile::heat_map_npy).name).values;
    if (impl_->outputs.seg) maps.mask = read_mask(slices[index].folder / name_of(ItemFile::mask).name);
    return maps;
  };
  ObjectList list(folder);
  put_series(list, impl_->outputs, why, series, impl_->context_of(slices.front().finding));
  return list.take();
}

}  // namespace fovea::pipeline
