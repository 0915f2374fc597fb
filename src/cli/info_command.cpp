#include <filesystem>
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/scan_report.hpp"
#include "fovea/error.hpp"
#include "fovea/loader.hpp"
#include "fovea/model.hpp"
#include "fovea/run.hpp"
#include "fovea/series.hpp"

namespace fovea::cli {
namespace {

using Json = nlohmann::ordered_json;

po::options_description options() {
  po::options_description options("Options");
  options.add_options()("json", po::bool_switch(), "print JSON");
  return options;
}

Json model_info(const std::filesystem::path& folder) {
  const auto model = Model::open(folder);
  const ModelInfo& info = model->info();
  const auto text_or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  return {{"model", info.id},
          {"architecture", info.architecture},
          {"family", text_or_null(info.family)},
          {"parameters", info.parameters},
          {"vocabulary", info.vocabulary_size},
          {"input_width", info.input_width},
          {"input_height", info.input_height},
          {"preprocessing", text_or_null(info.preprocessing)},
          {"labels", info.labels},
          {"licence", info.licence.empty() ? "not stated" : info.licence},
          {"sha256", info.sha256}};
}

Json image_info(const std::string& path) {
  if (is_dicom_file(path)) return scan_report(path);
  const auto reader = open_frames(read_bytes(path), path);
  if (reader->format() == "dicom") return scan_report(path);  // without a preamble
  Json frames = Json::array();
  for (int frame = 1; frame <= reader->frame_count(); ++frame) {
    const Geometry geometry = reader->read(frame).geometry;
    frames.push_back(
        {{"width", geometry.width}, {"height", geometry.height}, {"orientation", geometry.exif_orientation}});
  }
  return {{"image", path}, {"format", reader->format()}, {"frames", frames}};
}

Json info_of(const std::string& subject) {
  namespace fs = std::filesystem;
  if (fs::is_regular_file(subject)) return is_dicomdir(subject) ? series_report(subject) : image_info(subject);
  if (fs::is_directory(subject) && !fs::exists(fs::path(subject) / "config.json")) return series_report(subject);
  if (!fs::exists(subject) && fs::path(subject).has_parent_path()) {
    throw Error(ErrorCode::io, "there is no file or folder " + subject);
  }
  return model_info(find_model(subject));
}

std::string to_text(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

/// "a 1, b 2", without what is null or empty.
std::string fields_of(const Json& object) {
  std::string text;
  for (const auto& [key, value] : object.items()) {
    if (value.is_null() || value.empty()) continue;
    text += (text.empty() ? "" : ", ") + key + " " + to_text(value);
  }
  return text;
}

void print_text(const Json& json) {
  for (const auto& [key, value] : json.items()) {
    if (value.is_null() || (value.is_array() && value.empty())) continue;
    std::cout << key << ":";
    if (!value.is_array()) {
      std::cout << ' ' << to_text(value);
    } else {
      for (const Json& one : value) {
        if (one.is_object()) {
          std::cout << "\n  " << fields_of(one);
        } else {
          std::cout << (one.is_string() ? "\n  " : " ") << to_text(one);
        }
      }
    }
    std::cout << '\n';
  }
}

int run(const po::variables_map& values) {
  const auto subject = values["subject"].as<std::string>();
  const Json json = info_of(subject);
  if (values["json"].as<bool>()) {
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  } else {
    print_text(json);
  }
  return kAllDone;
}

}  // namespace

Command info_command() {
  return {.name = "info",
          .summary = "Tells about a model, an image, or the series of a folder of scans.",
          .arguments = "MODEL|IMAGE|FOLDER [--json]",
          .details = "Of a DICOM file it prints nothing that tells who the patient is, beside the UIDs.",
          .positional = {{"subject"}},
          .options = options,
          .run = run};
}

}  // namespace fovea::cli
