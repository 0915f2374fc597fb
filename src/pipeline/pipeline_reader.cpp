#include "pipeline/pipeline_reader.hpp"

#include <string_view>

namespace fovea {
namespace pipeline {

namespace fs = std::filesystem;

nlohmann::json parse_pipeline_file(const fs::path& file) {
  const Bytes bytes = read_bytes(file);
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& e) {
    throw Error(ErrorCode::usage, file.native() + " is not JSON: " + e.what());
  }
}

void read_common(ObjectReader& reader, const std::string& kind, const fs::path& file, RunOptions& options,
                 fs::path& model) {
  std::string pipeline;
  std::string description;
  std::string model_text = model.native();
  std::string precision = "fp32";
  reader.read("pipeline", pipeline);
  reader.read("description", description);
  reader.read("model", model_text);
  reader.read("precision", precision);
  if (pipeline != kind) reader.refuse("pipeline = \"" + pipeline + "\": expected \"" + kind + "\"");
  if (precision != "fp32" && precision != "bf16") {
    reader.refuse("precision = \"" + precision + "\": expected \"fp32\" or \"bf16\"");
  }
  options.open.precision = precision == "fp32" ? Precision::fp32 : Precision::bf16;
  model = fs::path(model_text).has_parent_path() ? file.parent_path() / model_text : fs::path(model_text);
  reader.read_object("run", [&](ObjectReader& run) {
    run.read("batch", options.batch);
    run.read("threads", options.threads);
    run.read("loaders", options.loaders);
  });
}

void read_load(ObjectReader& load, RunOptions& options) {
  load.read("max_pixels", options.max_pixels);
  load.read("include", options.include);
  load.read("exclude", options.exclude);
}

}  // namespace pipeline

PipelineKind read_pipeline_kind(const std::filesystem::path& file) {
  const auto json = pipeline::parse_pipeline_file(file);
  std::string kind;
  pipeline::ObjectReader reader(json, file.native());
  reader.read("pipeline", kind);
  if (kind == "caption") return PipelineKind::caption;
  if (kind == "highlight") return PipelineKind::highlight;
  reader.refuse("pipeline = \"" + kind + "\": expected \"caption\" or \"highlight\"");
}

}  // namespace fovea
