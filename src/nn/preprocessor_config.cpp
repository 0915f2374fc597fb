// The rules are those of transformers 5's image processor classes: a key that is missing or null takes the value of the
// class, and unknown keys do nothing there.
#include "nn/preprocessor_config.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "fovea/error.hpp"
#include "io/file.hpp"
#include "nn/model_folder.hpp"
#include "nn/pixel_options.hpp"
#include "text/json_section.hpp"

namespace fovea::nn {
namespace {

using image::Filter;
using image::InputTransform;
using image::ResizeRule;
using Json = text::OrderedJson;
using Section = text::JsonSection;

constexpr Triple kHalves{0.5, 0.5, 0.5};
constexpr Triple kClipMean{0.48145466, 0.4578275, 0.40821073};
constexpr Triple kClipStd{0.26862954, 0.26130258, 0.27577711};
constexpr int kNoCropFrom = 384;  ///< ConvNextImageProcessor squashes from this size on

/// The `size` of a configuration: height and width, or shortest_edge; the others are 0.
struct ProcessorSize {
  int height = 0;
  int width = 0;
  int shortest_edge = 0;
  int longest_edge = 0;  ///< 0: no limit
};

constexpr ProcessorSize square(int side) { return {.height = side, .width = side}; }
constexpr ProcessorSize shortest(int edge) { return {.shortest_edge = edge}; }

/// All that a configuration says of the pixels.
struct Processor {
  ImageProcessor id;
  const char* name;  ///< of the class, without ImageProcessor
  ProcessorSize size;
  int crop = 0;  ///< side of the central square that the class takes; 0: it takes none
  Filter filter = Filter::bicubic;
  Triple mean = kHalves;
  Triple std = kHalves;
  bool int_is_square = false;  ///< what a `size` that is a single number means: a square, else the shortest edge
};

constexpr std::array kProcessors{
    Processor{ImageProcessor::vit, "ViT", square(224), 0, Filter::bilinear, kHalves, kHalves, true},
    Processor{ImageProcessor::deit, "DeiT", square(256), 224, Filter::bicubic, kHalves, kHalves, true},
    Processor{ImageProcessor::blip, "Blip", square(384), 0, Filter::bicubic, kClipMean, kClipStd, true},
    Processor{ImageProcessor::clip, "CLIP", shortest(224), 224, Filter::bicubic, kClipMean, kClipStd},
    Processor{ImageProcessor::bit, "Bit", shortest(224), 224, Filter::bicubic, kClipMean, kClipStd},
    Processor{ImageProcessor::convnext, "ConvNext", shortest(384), 0, Filter::bicubic},
    Processor{ImageProcessor::mobilenet_v1, "MobileNetV1", shortest(256), 224, Filter::bilinear},
    Processor{ImageProcessor::mobilenet_v2, "MobileNetV2", shortest(256), 224, Filter::bilinear}};

const Processor& processor_of(ImageProcessor id) {
  return *std::find_if(kProcessors.begin(), kProcessors.end(), [&](const Processor& each) { return each.id == id; });
}

bool flag(Section& section, const char* key, bool of_class) {
  return given(section, key) ? section.boolean(key) : of_class;
}

/// The class that a file names, without what its name may end with.
const Processor& named_processor(Section& section, ImageProcessor of_family) {
  const char* key = given(section, "image_processor_type") ? "image_processor_type" : "feature_extractor_type";
  if (!given(section, key)) return processor_of(of_family);
  const std::string full = section.text(key);
  std::string name = full;
  for (const std::string ending : {"Fast", "Pil"}) {
    if (name.ends_with("ImageProcessor" + ending)) name.resize(name.size() - ending.size());
  }
  for (const std::string ending : {"ImageProcessor", "FeatureExtractor"}) {
    if (name.ends_with(ending)) {
      name.resize(name.size() - ending.size());
      break;
    }
  }
  std::string known;
  for (const Processor& each : kProcessors) {
    if (name == each.name) return each;
    known += (known.empty() ? "" : ", ") + std::string(each.name) + "ImageProcessor";
  }
  section.fail("'" + std::string(key) + "' is '" + full + "', which is not supported; expected one of: " + known);
}

ProcessorSize parse_size(Section& root, const std::string& source, const char* key, bool int_is_square) {
  const Json& json = root.child(key);
  const auto side = [&](const Json& value) {
    if (!value.is_number_integer() || value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > kLargestSide) {
      root.fail("'" + std::string(key) + "' is " + json.dump() + ", expected integers from 1 to " +
                std::to_string(kLargestSide));
    }
    return value.get<int>();
  };
  if (json.is_number()) return int_is_square ? square(side(json)) : shortest(side(json));
  if (json.is_array() && json.size() == 2) return {.height = side(json[0]), .width = side(json[1])};
  if (!json.is_object()) {
    root.fail("'" + std::string(key) + "' is " + json.dump() + ", expected a number, [height, width] or an object");
  }
  Section section(json, source + ": " + key);
  ProcessorSize size;
  const auto read = [&](const char* name, int& value) {
    if (given(section, name)) value = static_cast<int>(section.integer(name, 1, kLargestSide));
  };
  read("height", size.height);
  read("width", size.width);
  read("shortest_edge", size.shortest_edge);
  read("longest_edge", size.longest_edge);
  for (const auto& [name, value] : json.items()) {
    if (value.is_null()) section.has(name.c_str());  // newer files list keys that mean nothing; they are known
  }
  section.finish();
  const bool both = size.height > 0 && size.width > 0 && size.shortest_edge == 0 && size.longest_edge == 0;
  const bool edge = size.height == 0 && size.width == 0 && size.shortest_edge > 0;
  if (!both && !edge) {
    section.fail("found " + json.dump() + ", expected 'height' and 'width', or 'shortest_edge'");
  }
  return size;
}

void set_input(InputTransform& transform, const ProcessorSize& size) {
  transform.width = size.width;
  transform.height = size.height;
}

/// ConvNextImageProcessor: the centre of a larger image, or all of it squashed from 384 pixels on.
ProcessorSize set_convnext(InputTransform& transform, const ProcessorSize& size, double crop_pct, const Section& root) {
  if (size.shortest_edge == 0 || size.longest_edge != 0) {
    root.fail("'size' must have 'shortest_edge' and nothing else for ConvNextImageProcessor");
  }
  const int side = size.shortest_edge;
  if (side >= kNoCropFrom) {
    set_exact(transform, side, side);
  } else {
    transform.rule = ResizeRule::shortest_edge;
    transform.shortest_edge = static_cast<int>(side / crop_pct);
  }
  return square(side);
}

/// Refuses what would change the pixels.
void check_other_options(Section& root, const std::string& source, const InputTransform& transform, const Json& json) {
  if (flag(root, "do_pad", false) && given(root, "pad_size")) {
    const ProcessorSize pad = parse_size(root, source, "pad_size", true);
    if (pad.width != transform.width || pad.height != transform.height) {
      root.fail("'do_pad' to 'pad_size' " + root.child("pad_size").dump() + " is not supported");
    }
  }
  constexpr std::array<std::string_view, 7> kKnown{"do_resize", "do_center_crop", "do_rescale",      "do_normalize",
                                                   "do_pad",    "do_convert_rgb", "do_reduce_labels"};
  for (const auto& [key, value] : json.items()) {
    const bool option = key.starts_with("do_") || key == "use_square_size";
    const bool known = std::find(kKnown.begin(), kKnown.end(), key) != kKnown.end();
    if (option && !known && value == true) root.fail("'" + key + "' is not supported");
  }
}

void read_values(Section& root, const Processor& processor, InputTransform& transform) {
  transform.scale = 1;
  if (flag(root, "do_rescale", true)) {
    transform.scale = given(root, "rescale_factor") ? root.number("rescale_factor", 1e-6, 1e3) : 1.0 / 255;
  }
  if (flag(root, "do_normalize", true)) {
    transform.mean = processor.mean;
    transform.std = processor.std;
    read_triple(root, "image_mean", -1e4, 1e4, transform.mean);
    read_triple(root, "image_std", 1e-6, 1e4, transform.std);
  }
}

InputTransform parse_processor(const Json& json, ImageProcessor of_family, const std::string& source) {
  Section root(json, source);
  const Processor& processor = named_processor(root, of_family);
  InputTransform transform;
  transform.filter = processor.filter;
  if (given(root, "resample")) transform.filter = static_cast<Filter>(root.integer("resample", 0, 5));

  const bool int_is_square = flag(root, "default_to_square", processor.int_is_square);
  const ProcessorSize size = given(root, "size") ? parse_size(root, source, "size", int_is_square) : processor.size;
  ProcessorSize result;  // of the pixels: height and width, or nothing where it depends on the image
  if (!flag(root, "do_resize", true)) {
    transform.rule = ResizeRule::none;
  } else if (processor.id == ImageProcessor::convnext) {
    const double crop_pct = given(root, "crop_pct") ? root.number("crop_pct", 0.01, 1) : 224.0 / 256;
    result = set_convnext(transform, size, crop_pct, root);
  } else if (size.shortest_edge > 0) {
    transform.rule = ResizeRule::shortest_edge;
    transform.shortest_edge = size.shortest_edge;
    transform.longest_edge = size.longest_edge;
  } else {
    set_exact(transform, size.width, size.height);
    result = size;
  }
  if (flag(root, "do_center_crop", processor.crop > 0)) {
    ProcessorSize crop = square(processor.crop);
    if (given(root, "crop_size")) crop = parse_size(root, source, "crop_size", true);
    if (crop.width <= 0 || crop.height <= 0) {
      root.fail("'do_center_crop' is set, but 'crop_size' has no 'height' and 'width'");
    }
    const bool twice = processor.id == ImageProcessor::convnext && result.width > 0;
    if (twice && (crop.width != result.width || crop.height != result.height)) {
      root.fail("'do_center_crop' to another size than 'size' is not supported for ConvNextImageProcessor");
    }
    result = crop;
  }
  if (result.width == 0) {
    root.fail("neither 'size' nor 'crop_size' fixes the height and width of the input, which is not supported");
  }
  set_input(transform, result);
  read_values(root, processor, transform);
  check_other_options(root, source, transform, json);
  return transform;
}

}  // namespace

InputTransform class_defaults(ImageProcessor processor) {
  return parse_processor(Json::object(), processor, "defaults");
}

InputTransform parse_preprocessor_config(const std::string& document, ImageProcessor processor,
                                         const std::string& source) {
  const Json json = parse_model_json(document, source);
  if (json.is_object() && json.contains("image_processor")) {
    return parse_processor(json["image_processor"], processor, source + ": image_processor");
  }
  return parse_processor(json, processor, source);
}

std::optional<InputTransform> read_preprocessing(const std::filesystem::path& folder, ImageProcessor processor) {
  // transformers' order: what processor_config.json nests wins over the file of its own.
  const auto nested = folder / "processor_config.json";
  if (std::filesystem::exists(nested)) {
    const std::string document = read_model_text(nested);
    const Json json = parse_model_json(document, nested.string());
    if (json.is_object() && json.contains("image_processor")) {
      return parse_preprocessor_config(document, processor, nested.string());
    }
  }
  const auto file = folder / "preprocessor_config.json";
  if (!std::filesystem::exists(file)) return std::nullopt;
  return parse_preprocessor_config(read_model_text(file), processor, file.string());
}

}  // namespace fovea::nn
