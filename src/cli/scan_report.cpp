#include "cli/scan_report.hpp"

#include <string>
#include <vector>

#include "fovea/scan_info.hpp"
#include "fovea/series.hpp"

namespace fovea::cli {
namespace {

using Json = nlohmann::ordered_json;

/// What is not known is null, and not printed as text.
template <typename Value>
Json known(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}
Json known(const std::string& text) { return text.empty() ? Json() : Json(text); }
Json known(int value) { return value == 0 ? Json() : Json(value); }

std::string_view name_of(VoiFunction function) {
  switch (function) {
    case VoiFunction::linear:
      return "LINEAR";
    case VoiFunction::linear_exact:
      return "LINEAR_EXACT";
    case VoiFunction::sigmoid:
      break;
  }
  return "SIGMOID";
}

void add_pixels(const ScanInfo& info, Json& json) {
  json["width"] = info.scan.identity.columns;
  json["height"] = info.scan.identity.rows;
  json["frames"] = info.scan.identity.frames;
  json["photometric"] = known(info.photometric);
  json["samples"] = known(info.samples);
  json["bits_allocated"] = known(info.bits_allocated);
  json["bits_stored"] = known(info.bits_stored);
  json["signed"] = known(info.is_signed);
  json["windows"] = Json::array();
  for (const auto& window : info.windows) {
    json["windows"].push_back(
        {{"centre", window.centre}, {"width", window.width}, {"function", name_of(window.function)}});
  }
  json["lossy"] = known(info.lossy);
  json["lossy_ratios"] = info.lossy_ratios;
  json["lossy_methods"] = info.lossy_methods;
}

void add_geometry(const ScanGeometry& geometry, Json& json) {
  const auto& spacing = geometry.spacing;
  json["spacing_mm"] = spacing ? Json{spacing->between_rows, spacing->between_columns} : Json();
  json["spacing_attribute"] = spacing ? Json(to_string(spacing->source)) : Json();
  json["slice_thickness_mm"] = known(geometry.slice_thickness);
  json["spacing_between_slices_mm"] = known(geometry.spacing_between_slices);
  const auto& orientation = geometry.orientation;
  json["along_row"] = orientation ? Json(orientation->along_row) : Json();
  json["along_column"] = orientation ? Json(orientation->along_column) : Json();
  json["position_mm"] = known(geometry.position);
  json["pixel_aspect_ratio"] = known(geometry.pixel_aspect_ratio);
  json["laterality"] = known(geometry.laterality);
  json["body_part"] = known(geometry.body_part);
}

}  // namespace

Json scan_report(const std::filesystem::path& path) {
  const auto info = describe_scan(path);
  const auto& identity = info.scan.identity;
  Json json{{"image", path.string()},
            {"format", "dicom"},
            {"transfer_syntax", info.transfer_syntax},
            {"transfer_syntax_uid", info.transfer_syntax_uid},
            {"sop_class", known(info.sop_class)},
            {"sop_class_uid", known(identity.sop_class_uid)},
            {"modality", known(identity.modality)}};
  if (info.has_pixels) add_pixels(info, json);
  add_geometry(info.scan.geometry, json);
  json["burned_in_annotation"] = known(identity.burned_in_annotation);
  json["study_uid"] = known(identity.study_uid);
  json["series_uid"] = known(identity.series_uid);
  json["sop_uid"] = known(identity.sop_uid);
  json["frame_of_reference_uid"] = known(info.scan.geometry.frame_of_reference_uid);
  json["instance_number"] = known(identity.instance_number);
  return json;
}

Json series_report(const std::filesystem::path& path) {
  const std::vector<std::filesystem::path> inputs{path};
  const auto list = find_series(inputs);
  Json json{{"folder", path.string()}, {"series", Json::array()}, {"notices", list.notices}};
  for (const auto& series : list.series) {
    const auto& [identity, geometry] = series.slices.front().scan;
    json["series"].push_back({{"series_uid", known(identity.series_uid)},
                              {"modality", known(identity.modality)},
                              {"slices", series.slices.size()},
                              {"width", identity.columns},
                              {"height", identity.rows},
                              {"slice_spacing_mm", known(series.slice_spacing)},
                              {"first", series.slices.front().path.string()},
                              {"notices", series.notices}});
  }
  return json;
}

}  // namespace fovea::cli
