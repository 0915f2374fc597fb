#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fovea/highlight_run.hpp"
#include "pipeline/pipeline_reader.hpp"

namespace fovea {

using pipeline::ObjectReader;

namespace {

void read_window(ObjectReader& load, DisplayOptions& display) {
  std::vector<double> window;
  load.read("window", window);
  load.read("window_index", display.window_index);
  if (window.empty()) return;
  if (window.size() != 2)
    load.refuse("window has " + std::to_string(window.size()) + " numbers: expected [CENTRE, WIDTH]");
  display.window = {.centre = window[0], .width = window[1]};
}

void read_highlight(ObjectReader& reader, HighlightOptions& highlight) {
  reader.read("threshold", highlight.threshold);
  reader.read("min_region", highlight.min_region);
  reader.read("flip", highlight.flip);
  reader.read("caption", highlight.caption);
  reader.read("label", highlight.label);
}

void read_outputs(ObjectReader& reader, HighlightRunOptions& options) {
  std::optional<std::vector<std::string>> files;
  reader.read("files", files);
  if (files) options.outputs = parse_highlight_outputs(*files);
  std::vector<std::string> dicom;
  reader.read("dicom", dicom);
  options.dicom = parse_dicom_outputs(dicom);
  reader.read("deidentify", options.deidentify);
  reader.read("colormap", options.colormap);
  reader.read("opacity", options.opacity);
}

}  // namespace

HighlightRunOptions read_highlight_pipeline(const std::filesystem::path& file, const std::filesystem::path& output) {
  const auto json = pipeline::parse_pipeline_file(file);
  HighlightRunOptions options;
  options.output = output;
  ObjectReader reader(json, file.native());
  pipeline::read_common(reader, "highlight", file, options, options.model);
  reader.read_object("load", [&](ObjectReader& load) {
    pipeline::read_load(load, options);
    read_window(load, options.display);
  });
  reader.read_object("highlight", [&](ObjectReader& highlight) { read_highlight(highlight, options.highlight); });
  reader.read_object("outputs", [&](ObjectReader& outputs) { read_outputs(outputs, options); });
  reader.refuse_unknown();
  return options;
}

}  // namespace fovea
