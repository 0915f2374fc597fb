#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "fovea/error.hpp"
#include "fovea/highlight_run.hpp"
#include "pipeline/run_start.hpp"
#include "render/colormap.hpp"

namespace fovea {
namespace {

using OutputName = std::pair<std::string_view, bool HighlightOutputs::*>;
constexpr std::array<OutputName, 8> kOutputs{{{"heat_map_png", &HighlightOutputs::heat_map_png},
                                              {"heat_map_npy", &HighlightOutputs::heat_map_npy},
                                              {"mask", &HighlightOutputs::mask},
                                              {"overlay", &HighlightOutputs::overlay},
                                              {"attention", &HighlightOutputs::attention},
                                              {"montage", &HighlightOutputs::montage},
                                              {"volume", &HighlightOutputs::volume},
                                              {"table", &HighlightOutputs::table}}};

using DicomName = std::pair<std::string_view, bool DicomOutputs::*>;
constexpr std::array<DicomName, 6> kDicomOutputs{{{"sc", &DicomOutputs::sc},
                                                  {"seg", &DicomOutputs::seg},
                                                  {"seg_fractional", &DicomOutputs::seg_fractional},
                                                  {"pm", &DicomOutputs::pm},
                                                  {"sr", &DicomOutputs::sr},
                                                  {"gsps", &DicomOutputs::gsps}}};

/// Sets the members that `names` names, and clears all others.
template <typename Outputs, std::size_t N>
Outputs parse_names(std::span<const std::string> names, const char* field,
                    const std::array<std::pair<std::string_view, bool Outputs::*>, N>& table) {
  Outputs outputs;
  std::string all;
  for (const auto& [name, member] : table) {
    outputs.*member = false;
    all += (all.empty() ? "" : ", ") + std::string(name);
  }
  for (const std::string& wanted : names) {
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.first == wanted; });
    if (found == table.end()) pipeline::refuse_option(field, wanted, "some of " + all);
    outputs.*(found->second) = true;
  }
  return outputs;
}

void check_model(const std::filesystem::path& model) {
  if (!model.empty()) return;
  const auto shipped = shipped_highlight_models();
  std::string message = "no model is given: choose a folder, or one of the shipped models that mark anomalies";
  for (const std::string& name : shipped) message += "\n  " + name;
  if (shipped.empty()) message += " (there is none in this installation)";
  throw Error(ErrorCode::usage, message);
}

void check_display(const DisplayOptions& display) {
  if (display.window_index < 0) {
    pipeline::refuse_option("window_index", std::to_string(display.window_index), "at least 0");
  }
  if (!display.window) return;
  const Window& window = *display.window;
  if (window.width >= 1 && std::isfinite(window.width) && std::isfinite(window.centre)) return;
  pipeline::refuse_option("window", std::to_string(window.centre) + "," + std::to_string(window.width),
                          "a centre and a width of at least 1");
}

}  // namespace

HighlightOutputs parse_highlight_outputs(std::span<const std::string> names) {
  return parse_names(names, "outputs", kOutputs);
}

DicomOutputs parse_dicom_outputs(std::span<const std::string> names) {
  return parse_names(names, "dicom", kDicomOutputs);
}

void validate(const HighlightRunOptions& options) {
  check_model(options.model);
  pipeline::check_run_options(options);
  if (options.output.empty()) pipeline::refuse_option("output", "\"\"", "a folder");
  validate(options.highlight);
  check_display(options.display);
  render::color_table(options.colormap);
  if (!(options.opacity >= 0 && options.opacity <= 1)) {
    pipeline::refuse_option("opacity", std::to_string(options.opacity), "0 to 1");
  }
}

}  // namespace fovea
