#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "cli/commands.hpp"
#include "fovea/convert.hpp"
#include "fovea/error.hpp"

namespace fovea::cli {
namespace {

constexpr std::string_view kDetails =
    R"(Writes what a viewer shows as an 8-bit PNG, or with --raw the stored values of a DICOM file as .npy. Grey DICOM
images are shown through the window that is asked for, else the file's first, else over their whole range.
)";

/// Windows for CT, in Hounsfield units.
struct Preset {
  std::string_view name;
  double centre, width;
};
constexpr std::array<Preset, 5> kPresets{
    {{"abdomen", 40, 400}, {"bone", 400, 1800}, {"brain", 40, 80}, {"lung", -600, 1500}, {"mediastinum", 40, 350}}};

po::options_description options() {
  po::options_description options("Options");
  options.add_options()("output,o", po::value<std::string>()->value_name("FILE")->required(),
                        ".png, or .npy with --raw");
  options.add_options()("frame", po::value<int>()->value_name("N")->default_value(1), "which frame, from 1");
  options.add_options()("all-frames", po::bool_switch(), "every frame: NAME-0001.png and so on");
  options.add_options()("raw", po::bool_switch(), "stored values of all frames, as .npy");
  options.add_options()("rgb", po::bool_switch(), "with --raw: YBR brought to RGB");
  options.add_options()("window", po::value<std::string>()->value_name("C,W"),
                        "centre and width, or abdomen, bone, brain, lung or mediastinum (CT)");
  options.add_options()("window-index", po::value<int>()->value_name("N"), "which of the file's windows, from 1");
  options.add_options()("max-pixels",
                        po::value<std::uint64_t>()->value_name("N")->default_value(LoadOptions{}.max_pixels),
                        "larger images are refused before they are decoded");
  return options;
}

double parse_number(std::string_view text, const std::string& whole) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  throw Error(ErrorCode::usage, "--window = " + whole + ": expected CENTRE,WIDTH or a preset");
}

Window parse_window(const std::string& text) {
  for (const auto& preset : kPresets) {
    if (preset.name == text) return {.centre = preset.centre, .width = preset.width};
  }
  const auto comma = std::min(text.find(','), text.size());
  const std::string_view view = text;
  const Window window{.centre = parse_number(view.substr(0, comma), text),
                      .width = parse_number(view.substr(std::min(comma + 1, text.size())), text)};
  if (!(window.width >= 1)) throw Error(ErrorCode::usage, "--window = " + text + ": expected a width of at least 1");
  return window;
}

int run(const po::variables_map& values) {
  ConvertOptions options{.frame = values["frame"].as<int>(),
                         .all_frames = values["all-frames"].as<bool>(),
                         .raw = values["raw"].as<bool>(),
                         .rgb = values["rgb"].as<bool>(),
                         .load = {.max_pixels = values["max-pixels"].as<std::uint64_t>()}};
  if (values.count("window") != 0) {
    if (values.count("window-index") != 0)
      throw Error(ErrorCode::usage, "--window and --window-index exclude each other");
    options.load.display.window = parse_window(values["window"].as<std::string>());
  } else if (values.count("window-index") != 0) {
    options.load.display.window_index = values["window-index"].as<int>();
    if (options.load.display.window_index < 1) {
      throw Error(ErrorCode::usage,
                  "--window-index = " + std::to_string(options.load.display.window_index) + ": expected at least 1");
    }
  }
  convert(values["input"].as<std::string>(), values["output"].as<std::string>(), options);
  return kAllDone;
}

}  // namespace

Command convert_command() {
  return {.name = "convert",
          .summary = "Writes an image or a DICOM file as PNG, or its stored values as .npy.",
          .arguments = "IMAGE -o FILE.png|.npy [options]",
          .details = kDetails,
          .positional = {{"input"}},
          .options = options,
          .run = run};
}

}  // namespace fovea::cli
