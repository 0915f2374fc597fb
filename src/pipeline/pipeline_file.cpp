#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "fovea/caption_run.hpp"
#include "fovea/error.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// Reads the values of one JSON object and refuses what it does not know.
class ObjectReader {
 public:
  /// @param place where the object stands, for messages: "photos.json" or "photos.json: caption"
  ObjectReader(const Json& object, std::string place) : object_(object), place_(std::move(place)) {
    if (!object.is_object()) refuse("expected an object, found " + object.dump());
  }

  /// Leaves `value` as it is when the key is not there.
  template <typename T>
  void read(const char* key, T& value) {
    known_.insert(key);
    const auto found = object_.find(key);
    if (found == object_.end()) return;
    if (!fits<T>(*found)) refuse(std::string(key) + " = " + found->dump() + ": expected " + kind<T>());
    value = found->get<T>();
  }

  /// Calls `read_part` with a reader of the object under `key`, when it is there.
  template <typename Function>
  void read_object(const char* key, Function read_part) {
    known_.insert(key);
    const auto found = object_.find(key);
    if (found == object_.end()) return;
    ObjectReader part(*found, place_ + ": " + key);
    read_part(part);
    part.refuse_unknown();
  }

  void refuse_unknown() const {
    for (const auto& [key, value] : object_.items()) {
      if (known_.contains(key)) continue;
      std::string message = "unknown key \"" + key + "\"; known are";
      for (const std::string& name : known_) message += " " + name;
      refuse(message);
    }
  }

  [[noreturn]] void refuse(const std::string& what) const { throw Error(ErrorCode::usage, place_ + ": " + what); }

 private:
  using Strings = std::vector<std::string>;

  template <typename T>
  static bool fits(const Json& value) {
    if constexpr (std::is_same_v<T, bool>) return value.is_boolean();
    if constexpr (std::is_same_v<T, double>) return value.is_number();
    if constexpr (std::is_same_v<T, std::uint64_t>) return value.is_number_unsigned();
    if constexpr (std::is_same_v<T, int>) {
      return value.is_number_integer() && value.get<std::int64_t>() == static_cast<int>(value.get<std::int64_t>());
    }
    if constexpr (std::is_same_v<T, std::string>) return value.is_string();
    if constexpr (std::is_same_v<T, Strings>) {
      return value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_string(); });
    }
  }

  template <typename T>
  static std::string kind() {
    if constexpr (std::is_same_v<T, bool>) return "true or false";
    if constexpr (std::is_same_v<T, double>) return "a number";
    if constexpr (std::is_same_v<T, std::uint64_t>) return "a whole number of at least 0";
    if constexpr (std::is_same_v<T, int>) return "a whole number";
    if constexpr (std::is_same_v<T, std::string>) return "a string";
    if constexpr (std::is_same_v<T, Strings>) return "a list of strings";
  }

  const Json& object_;
  const std::string place_;
  std::set<std::string> known_;
};

void read_caption(ObjectReader& reader, CaptionOptions& caption) {
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

Json parse_file(const fs::path& file) {
  const Bytes bytes = read_bytes(file);
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  try {
    return Json::parse(text);
  } catch (const Json::exception& e) {
    throw Error(ErrorCode::usage, file.native() + " is not JSON: " + e.what());
  }
}

}  // namespace

CaptionRunOptions read_caption_pipeline(const fs::path& file, const fs::path& output) {
  const Json json = parse_file(file);
  CaptionRunOptions options;
  const bool is_file = output.extension() == ".jsonl";
  options.output = is_file ? output : output / "captions.jsonl";

  ObjectReader reader(json, file.native());
  std::string pipeline;
  std::string description;
  std::string model = options.model.native();
  std::string precision = "fp32";
  reader.read("pipeline", pipeline);
  reader.read("description", description);
  reader.read("model", model);
  reader.read("precision", precision);
  if (pipeline != "caption") reader.refuse("pipeline = \"" + pipeline + "\": expected \"caption\"");
  if (precision != "fp32" && precision != "bf16") {
    reader.refuse("precision = \"" + precision + "\": expected \"fp32\" or \"bf16\"");
  }
  options.open.precision = precision == "fp32" ? Precision::fp32 : Precision::bf16;
  // A name is that of a shipped model; a path leads from the pipeline file.
  options.model = fs::path(model).has_parent_path() ? file.parent_path() / model : fs::path(model);
  reader.read_object("load", [&](ObjectReader& load) {
    load.read("max_pixels", options.max_pixels);
    load.read("scaled_decoding", options.scaled_decoding);
    load.read("include", options.include);
    load.read("exclude", options.exclude);
  });
  reader.read_object("caption", [&](ObjectReader& caption) { read_caption(caption, options.caption); });
  reader.read_object("run", [&](ObjectReader& run) {
    run.read("batch", options.batch);
    run.read("threads", options.threads);
    run.read("loaders", options.loaders);
  });
  reader.read_object("outputs", [&](ObjectReader& outputs) {
    read_outputs(outputs, options, is_file ? output.parent_path() : output);
  });
  reader.refuse_unknown();
  return options;
}

}  // namespace fovea
