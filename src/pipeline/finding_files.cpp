#include "pipeline/finding_files.hpp"

#include <span>
#include <system_error>
#include <utility>

#include "fovea/error.hpp"
#include "io/file.hpp"
#include "io/image_writer.hpp"
#include "io/map_writer.hpp"
#include "io/npy.hpp"
#include "render/attention_sheet.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;

}  // namespace

render::ScanOverlayOptions overlay_options(const HighlightRunOptions& options, const std::optional<Scan>& scan) {
  render::ScanOverlayOptions overlay;
  overlay.colormap = options.colormap;
  overlay.opacity = options.opacity;
  if (scan && scan->geometry.spacing) {
    overlay.spacing = {.x_mm = scan->geometry.spacing->between_columns, .y_mm = scan->geometry.spacing->between_rows};
  }
  return overlay;
}

FindingFiles::FindingFiles(const HighlightRunOptions& options, fs::path root, bool captions, const DicomResults* dicom)
    : options_(options), root_(std::move(root)), attention_(captions && options.outputs.attention), dicom_(dicom) {}

bool FindingFiles::needs_photos() const { return options_.outputs.overlay || attention_ || options_.dicom.sc; }

ItemFileSet FindingFiles::wanted(bool slice) const {
  const HighlightOutputs& outputs = options_.outputs;
  ItemFileSet files;
  files.add(ItemFile::findings);
  if (outputs.heat_map_png) files.add(ItemFile::heat_map_png);
  if (outputs.heat_map_npy || slice) files.add(ItemFile::heat_map_npy);
  if (outputs.mask || (slice && options_.dicom.seg)) files.add(ItemFile::mask);
  if (outputs.overlay) files.add(ItemFile::overlay);
  if (attention_) files.add(ItemFile::attention);
  return files.with(DicomResults::wanted(options_.dicom, slice));
}

bool FindingFiles::has_all(const std::string& folder, bool slice,
                           const std::optional<FindingIndex::Files>& known) const {
  const ItemFileSet files = wanted(slice);
  if (!known || !known->written.with(known->refused).has_all(files)) return false;
  const ItemFileSet expected = files.in_common_with(known->written);
  for (std::size_t i = 0; i < kItemFiles.size(); ++i) {
    std::error_code error;
    if (expected.has(static_cast<ItemFile>(i)) && !fs::exists(root_ / folder / kItemFiles.at(i).name, error))
      return false;
  }
  return true;
}

fs::path FindingFiles::begin(FindingRecord& record) const {
  const fs::path folder = root_ / record.folder;
  io::make_folder(folder);
  // findings.json goes first: what is in the folder now belongs to it no longer.
  for (const ItemFileName& file : kItemFiles) {
    std::error_code error;
    fs::remove(folder / file.name, error);
    if (error) throw Error(ErrorCode::io, "cannot replace " + (folder / file.name).native() + ": " + error.message());
  }
  const ItemFileName& findings = name_of(ItemFile::findings);
  record.files = {{findings.key, findings.name}};
  return folder;
}

void FindingFiles::finish(const FindingRecord& record) const {
  const std::string text = to_json_file(record);
  io::write_file(root_ / record.folder / name_of(ItemFile::findings).name, std::as_bytes(std::span(text)));
}

Image FindingFiles::write(const fs::path& source, const LoadedItem& item, const Finding& finding, bool slice,
                          FindingRecord& record) const {
  const fs::path folder = begin(record);
  const ItemFileSet files = wanted(slice);
  /// Calls `write` with the path of a file that is wanted.
  const auto put = [&](ItemFile file, const auto& write) {
    if (!files.has(file)) return;
    const ItemFileName& name = name_of(file);
    write(folder / name.name);
    record.files.emplace_back(name.key, name.name);
  };
  const int width = finding.width;
  const int height = finding.height;
  put(ItemFile::heat_map_png,
      [&](const fs::path& path) { io::write_heat_map_png(path, finding.heat_map, width, height); });
  put(ItemFile::heat_map_npy, [&](const fs::path& path) { io::write_npy(path, finding.heat_map, width, height); });
  put(ItemFile::mask, [&](const fs::path& path) { io::write_mask_png(path, finding.mask, width, height); });
  Image overlay;
  if (options_.outputs.overlay || options_.dicom.sc) {
    overlay = render::render_scan_overlay(item.photo, finding, overlay_options(options_, item.scan));
  }
  put(ItemFile::overlay, [&](const fs::path& path) { io::write_png(path, overlay); });
  put(ItemFile::attention, [&](const fs::path& path) {
    io::write_png(path, render::render_attention_sheet(item.photo, finding.caption.value().hypotheses.at(0)));
  });
  if (dicom_ != nullptr) dicom_->write_item(source, item, finding, overlay, slice, folder, record);
  finish(record);
  return overlay;
}

void FindingFiles::write_failure(FindingRecord& record) const {
  begin(record);
  finish(record);
}

}  // namespace fovea::pipeline
