#include <filesystem>
#include <string>
#include <vector>

#include "fovea/caption_run.hpp"
#include "pipeline/pipeline_reader.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using pipeline::ObjectReader;

void read_caption(ObjectReader& reader, CaptionChoices& caption) {
  reader.read("beam", caption.beam);
  reader.read("max_length", caption.max_length);
  reader.read("min_length", caption.min_length);
  reader.read("length_penalty", caption.length_penalty);
  reader.read("no_repeat_ngram", caption.no_repeat_ngram);
  reader.read("top", caption.top);
  reader.read("sample", caption.sample);
  reader.read("temperature", caption.temperature);
  reader.read("top_k", caption.top_k);
  reader.read("top_p", caption.top_p);
  reader.read("seed", caption.seed);
  reader.read("prompt", caption.prompt);
}

void read_outputs(ObjectReader& reader, CaptionRunOptions& options, const fs::path& folder) {
  std::vector<std::string> formats;
  std::string attention;
  std::string report;
  reader.read("formats", formats);
  reader.read("sidecar", options.sidecar);
  reader.read("attention", attention);
  reader.read("report", report);
  for (const std::string& format : formats) {
    if (format != "csv" && format != "coco") reader.refuse("formats holds \"" + format + "\"; expected csv, coco");
    (format == "csv" ? options.csv : options.coco) = true;
  }
  if (!attention.empty()) options.attention = folder / attention;
  if (!report.empty()) options.report = folder / report;
}

}  // namespace

CaptionRunOptions read_caption_pipeline(const fs::path& file, const fs::path& output) {
  const auto json = pipeline::parse_pipeline_file(file);
  CaptionRunOptions options;
  const bool is_file = output.extension() == ".jsonl";
  options.output = is_file ? output : output / "captions.jsonl";

  ObjectReader reader(json, file.native());
  pipeline::read_common(reader, "caption", file, options, options.model);
  reader.read_object("load", [&](ObjectReader& load) {
    pipeline::read_load(load, options);
    load.read("scaled_decoding", options.scaled_decoding);
  });
  reader.read_object("caption", [&](ObjectReader& caption) { read_caption(caption, options.caption); });
  reader.read_object("outputs", [&](ObjectReader& outputs) {
    read_outputs(outputs, options, is_file ? output.parent_path() : output);
  });
  reader.refuse_unknown();
  return options;
}

}  // namespace fovea
