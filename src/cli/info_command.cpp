#include <filesystem>
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "fovea/caption_run.hpp"
#include "fovea/loader.hpp"
#include "fovea/model.hpp"

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
  return {{"model", info.id},
          {"architecture", info.architecture},
          {"parameters", info.parameters},
          {"vocabulary", info.vocabulary_size},
          {"input_width", info.input_width},
          {"input_height", info.input_height},
          {"licence", info.licence},
          {"sha256", info.sha256}};
}

Json image_info(const std::string& path) {
  const auto reader = open_frames(read_bytes(path), path);
  Json frames = Json::array();
  for (int frame = 1; frame <= reader->frame_count(); ++frame) {
    const Geometry geometry = reader->read(frame).geometry;
    frames.push_back(
        {{"width", geometry.width}, {"height", geometry.height}, {"orientation", geometry.exif_orientation}});
  }
  return {{"image", path}, {"format", reader->format()}, {"frames", frames}};
}

void print_text(const Json& json) {
  for (const auto& [key, value] : json.items()) {
    std::cout << key << ": ";
    if (value.is_string()) {
      std::cout << value.get<std::string>();
    } else if (value.is_array()) {
      for (const Json& frame : value) {
        std::cout << "\n  " << frame["width"] << " x " << frame["height"] << ", EXIF orientation "
                  << frame["orientation"];
      }
    } else {
      std::cout << value;
    }
    std::cout << '\n';
  }
}

int run(const po::variables_map& values) {
  const auto subject = values["subject"].as<std::string>();
  const bool is_image = std::filesystem::is_regular_file(subject);
  const Json json = is_image ? image_info(subject) : model_info(find_model(subject));
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
          .summary = "Tells about a model or an image.",
          .arguments = "MODEL|IMAGE [--json]",
          .details = "",
          .positional = {{"subject"}},
          .options = options,
          .run = run};
}

}  // namespace fovea::cli
