// The rules are those of timm 1.0's resolve_data_config() and transforms_imagenet_eval().
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "fovea/error.hpp"
#include "nn/model_folder.hpp"
#include "nn/pixel_options.hpp"
#include "nn/preprocessor_config.hpp"
#include "text/json_section.hpp"

namespace fovea::nn {
namespace {

using image::Filter;
using image::InputTransform;
using image::ResizeRule;
using Json = text::OrderedJson;
using Section = text::JsonSection;

constexpr text::Choices<Filter, 6> kFilters{{{Filter::nearest, "nearest"},
                                             {Filter::bilinear, "bilinear"},
                                             {Filter::bicubic, "bicubic"},
                                             {Filter::box, "box"},
                                             {Filter::hamming, "hamming"},
                                             {Filter::lanczos, "lanczos"}}};

enum class CropMode { center, squash, border };
constexpr text::Choices<CropMode, 3> kCropModes{
    {{CropMode::center, "center"}, {CropMode::squash, "squash"}, {CropMode::border, "border"}}};

}  // namespace

InputTransform parse_timm_config(const std::string& document, const std::string& source) {
  const Json json = parse_model_json(document, source);
  // Files of the first timm releases have the keys at the top.
  const bool nested = json.is_object() && json.contains("pretrained_cfg");
  Section section(nested ? json["pretrained_cfg"] : json, nested ? source + ": pretrained_cfg" : source);
  InputTransform transform;
  transform.centre = image::CentreRule::nearest_even;
  transform.mean = image::kImageNetMean;
  transform.std = image::kImageNetStd;
  read_triple(section, "mean", -1e4, 1e4, transform.mean);
  read_triple(section, "std", 1e-6, 1e4, transform.std);
  transform.filter = given(section, "interpolation") ? section.choice("interpolation", kFilters) : Filter::bicubic;
  if (given(section, "input_size")) {
    const Json& size = section.child("input_size");
    const bool fits = size.is_array() && size.size() == 3 && size[0] == 3 &&
                      std::all_of(size.begin(), size.end(), [](const Json& value) {
                        return value.is_number_integer() && value.get<std::int64_t>() >= 1 &&
                               value.get<std::int64_t>() <= kLargestSide;
                      });
    if (!fits) section.fail("'input_size' is " + size.dump() + ", expected [3, height, width]");
    transform.height = size[1].get<int>();
    transform.width = size[2].get<int>();
  }
  const double crop_pct = given(section, "crop_pct") ? section.number("crop_pct", 0.01, 4) : 0.875;
  const auto mode = given(section, "crop_mode") ? section.choice("crop_mode", kCropModes) : CropMode::center;
  set_exact(transform, static_cast<int>(std::floor(transform.width / crop_pct)),
            static_cast<int>(std::floor(transform.height / crop_pct)));
  if (mode == CropMode::border) {
    transform.rule = ResizeRule::fit;
    std::transform(transform.mean.begin(), transform.mean.end(), transform.fill.begin(), [](double value) {
      return static_cast<std::uint8_t>(std::clamp(std::nearbyint(255 * value), 0.0, 255.0));
    });
  } else if (mode == CropMode::center) {
    transform.rule = ResizeRule::cover;
    if (transform.resize_width == transform.resize_height) {
      transform.rule = ResizeRule::shortest_edge;
      transform.shortest_edge = transform.resize_width;
    }
  }
  try {
    image::validate(transform);
  } catch (const Error& e) {
    section.fail(e.what());
  }
  return transform;
}

}  // namespace fovea::nn
