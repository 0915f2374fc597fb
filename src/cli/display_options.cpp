#include "cli/display_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "fovea/error.hpp"

namespace fovea::cli {
namespace {

/// Windows for CT, in Hounsfield units.
struct Preset {
  std::string_view name;
  double centre, width;
};
constexpr std::array<Preset, 5> kPresets{
    {{"abdomen", 40, 400}, {"bone", 400, 1800}, {"brain", 40, 80}, {"lung", -600, 1500}, {"mediastinum", 40, 350}}};

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

}  // namespace

void add_display_options(po::options_description& options) {
  options.add_options()("window", po::value<std::string>()->value_name("C,W"),
                        "centre and width, or abdomen, bone, brain, lung or mediastinum (CT)");
  options.add_options()("window-index", po::value<int>()->value_name("N"), "which of the file's windows, from 1");
}

DisplayOptions parse_display_options(const po::variables_map& values) {
  DisplayOptions display;
  if (values.count("window") != 0) {
    if (values.count("window-index") != 0) {
      throw Error(ErrorCode::usage, "--window and --window-index exclude each other");
    }
    display.window = parse_window(values["window"].as<std::string>());
  } else if (values.count("window-index") != 0) {
    display.window_index = values["window-index"].as<int>();
    if (display.window_index < 1) {
      throw Error(ErrorCode::usage,
                  "--window-index = " + std::to_string(display.window_index) + ": expected at least 1");
    }
  }
  return display;
}

}  // namespace fovea::cli
