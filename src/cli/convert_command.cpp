#include <string>
#include <string_view>

#include "cli/commands.hpp"
#include "cli/display_options.hpp"
#include "fovea/convert.hpp"

namespace fovea::cli {
namespace {

constexpr std::string_view kDetails =
    R"(Writes what a viewer shows as an 8-bit PNG, or with --raw the stored values of a DICOM file as .npy. Grey DICOM
images are shown through the window that is asked for, else the file's first, else over their whole range.
)";

po::options_description options() {
  po::options_description options("Options");
  options.add_options()("output,o", po::value<std::string>()->value_name("FILE")->required(),
                        ".png, or .npy with --raw");
  options.add_options()("frame", po::value<int>()->value_name("N")->default_value(1), "which frame, from 1");
  options.add_options()("all-frames", po::bool_switch(), "every frame: NAME-0001.png and so on");
  options.add_options()("raw", po::bool_switch(), "stored values of all frames, as .npy");
  options.add_options()("rgb", po::bool_switch(), "with --raw: YBR brought to RGB");
  add_display_options(options);
  options.add_options()("max-pixels",
                        po::value<std::uint64_t>()->value_name("N")->default_value(LoadOptions{}.max_pixels),
                        "larger images are refused before they are decoded");
  return options;
}

int run(const po::variables_map& values) {
  const ConvertOptions options{
      .frame = values["frame"].as<int>(),
      .all_frames = values["all-frames"].as<bool>(),
      .raw = values["raw"].as<bool>(),
      .rgb = values["rgb"].as<bool>(),
      .load = {.max_pixels = values["max-pixels"].as<std::uint64_t>(), .display = parse_display_options(values)}};
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
