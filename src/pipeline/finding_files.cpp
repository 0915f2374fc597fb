#include "pipeline/finding_files.hpp"

#include <algorithm>
#include <span>
#include <system_error>

#include "fovea/error.hpp"
#include "io/file.hpp"
#include "io/image_writer.hpp"
#include "io/map_writer.hpp"
#include "io/npy.hpp"
#include "render/attention_sheet.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHeatMapPng = "heat_map.png";
constexpr const char* kHeatMapNpy = "heat_map.npy";
constexpr const char* kMask = "mask.png";
constexpr const char* kOverlay = "overlay.png";
constexpr const char* kAttention = "attention.png";
constexpr const char* kFindings = "findings.json";

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

FindingFiles::FindingFiles(const HighlightRunOptions& options, fs::path root, bool captions)
    : options_(options), outputs_(options.outputs), root_(std::move(root)) {
  outputs_.attention &= captions;
}

FindingFiles::Names FindingFiles::wanted(bool slice) const {
  Names names;
  if (outputs_.heat_map_png) names.emplace_back("heat_map_png", kHeatMapPng);
  if (outputs_.heat_map_npy || slice) names.emplace_back("heat_map_npy", kHeatMapNpy);
  if (outputs_.mask) names.emplace_back("mask", kMask);
  if (outputs_.overlay) names.emplace_back("overlay", kOverlay);
  if (outputs_.attention) names.emplace_back("attention", kAttention);
  return names;
}

bool FindingFiles::has_all(const std::string& folder, bool slice) const {
  const auto is_there = [&](const std::string& name) {
    std::error_code error;
    return fs::exists(root_ / folder / name, error);
  };
  const Names names = wanted(slice);
  return is_there(kFindings) &&
         std::all_of(names.begin(), names.end(), [&](const auto& name) { return is_there(name.second); });
}

fs::path FindingFiles::begin(FindingRecord& record) const {
  const fs::path folder = root_ / record.folder;
  io::make_folder(folder);
  // findings.json goes first: what is in the folder now belongs to it no longer.
  for (const char* name : {kFindings, kHeatMapPng, kHeatMapNpy, kMask, kOverlay, kAttention}) {
    std::error_code error;
    fs::remove(folder / name, error);
    if (error) throw Error(ErrorCode::io, "cannot replace " + (folder / name).native() + ": " + error.message());
  }
  record.files = {{std::string(kFindingsFile), kFindings}};
  return folder;
}

void FindingFiles::finish(const FindingRecord& record) const {
  const std::string text = to_json_file(record);
  io::write_file(root_ / record.folder / kFindings, std::as_bytes(std::span(text)));
}

Image FindingFiles::write(const LoadedItem& item, const Finding& finding, bool slice, FindingRecord& record) const {
  const fs::path folder = begin(record);
  const Names names = wanted(slice);
  record.files.insert(record.files.end(), names.begin(), names.end());
  const int width = finding.width;
  const int height = finding.height;
  if (outputs_.heat_map_png) io::write_heat_map_png(folder / kHeatMapPng, finding.heat_map, width, height);
  if (outputs_.heat_map_npy || slice) io::write_npy(folder / kHeatMapNpy, finding.heat_map, width, height);
  if (outputs_.mask) io::write_mask_png(folder / kMask, finding.mask, width, height);
  Image overlay;
  if (outputs_.overlay) {
    overlay = render::render_scan_overlay(item.photo, finding, overlay_options(options_, item.scan));
    io::write_png(folder / kOverlay, overlay);
  }
  if (outputs_.attention) {
    const Hypothesis& caption = finding.caption.value().hypotheses.at(0);
    io::write_png(folder / kAttention, render::render_attention_sheet(item.photo, caption));
  }
  finish(record);
  return overlay;
}

fs::path heat_map_file(const fs::path& folder) { return folder / kHeatMapNpy; }

void FindingFiles::write_failure(FindingRecord& record) const {
  begin(record);
  finish(record);
}

}  // namespace fovea::pipeline
