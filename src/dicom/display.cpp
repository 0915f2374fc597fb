#include "dicom/display.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <utility>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>

#include "dicom/colour.hpp"
#include "dicom/lookup_table.hpp"
#include "dicom/values.hpp"
#include "dicom/windows.hpp"
#include "fovea/error.hpp"

namespace fovea::dicom {
namespace {

/// A function of stored or rescaled values.
using Curve = std::function<double(double)>;

double value_at(const std::uint8_t* at, SampleType type) {
  const auto as = [at](auto value) {
    std::memcpy(&value, at, sizeof value);
    return static_cast<double>(value);
  };
  switch (type) {
    case SampleType::u8:
      return as(std::uint8_t{});
    case SampleType::i8:
      return as(std::int8_t{});
    case SampleType::u16:
      return as(std::uint16_t{});
    case SampleType::i16:
      return as(std::int16_t{});
    case SampleType::u32:
      return as(std::uint32_t{});
    case SampleType::i32:
      return as(std::int32_t{});
    case SampleType::f32:
      return as(float{});
    case SampleType::f64:
      break;
  }
  return as(double{});
}

/// All values as numbers. In data that are not compressed, or by RLE, bits above Bits Stored are not the image's:
/// overlays used to lie there.
std::vector<double> numbers_of(const Dataset& file, const StoredFrame& stored) {
  const auto& module = stored.module;
  const auto size = size_of(module.type);
  std::vector<double> values(module.values());
  const bool integers = module.type != SampleType::f32 && module.type != SampleType::f64;
  const bool whole_words = file.syntax().codec == Codec::native || file.syntax().codec == Codec::rle;
  const double range = std::ldexp(1, module.bits_stored);
  const bool mask = integers && whole_words && module.bits_stored < 8 * static_cast<int>(size);
  for (std::size_t i = 0; i < values.size(); ++i) {
    double value = value_at(stored.values.data() + i * size, module.type);
    if (mask) {
      value -= std::floor(value / range) * range;
      if (module.is_signed && value >= range / 2) value -= range;
    }
    values[i] = value;
  }
  return values;
}

Curve modality_curve(const Dataset& file, int frame, bool is_signed) {
  if (auto* item = sequence_item(file.attributes(), DCM_ModalityLUTSequence, 0)) {
    if (auto lut = read_lookup_table(*item, DCM_LUTDescriptor, DCM_LUTData, is_signed)) return *std::move(lut);
  }
  auto& rescale = file.group_of(DCM_PixelValueTransformationSequence, frame);
  const double slope = number(rescale, DCM_RescaleSlope).value_or(1);
  const double intercept = number(rescale, DCM_RescaleIntercept).value_or(0);
  return [=](double value) { return value * slope + intercept; };
}

/// 0 to 255.
Curve window_curve(const Window& window) {
  const double c = window.centre, w = window.width;
  switch (window.function) {
    case VoiFunction::linear:
      return [=](double x) {
        if (x <= c - 0.5 - (w - 1) / 2) return 0.0;
        if (x > c - 0.5 + (w - 1) / 2) return 255.0;
        return ((x - (c - 0.5)) / (w - 1) + 0.5) * 255;
      };
    case VoiFunction::linear_exact:
      return [=](double x) { return std::clamp((x - c) / w + 0.5, 0.0, 1.0) * 255; };
    case VoiFunction::sigmoid:
      break;
  }
  return [=](double x) { return 255 / (1 + std::exp(-4 * (x - c) / w)); };
}

/// From the least value to the greatest, without padding.
Curve range_curve(DcmDataset& attributes, const std::vector<double>& stored, const Curve& modality) {
  const auto padding = number(attributes, DCM_PixelPaddingValue);
  const auto limit = number(attributes, DCM_PixelPaddingRangeLimit);
  const auto is_padding = [&](double value) {
    if (!padding) return false;
    const double other = limit.value_or(*padding);
    return value >= std::min(*padding, other) && value <= std::max(*padding, other);
  };
  double least = std::numeric_limits<double>::infinity(), greatest = -least;
  for (const double value : stored) {
    if (is_padding(value)) continue;
    const double y = modality(value);
    if (!std::isfinite(y)) continue;
    least = std::min(least, y);
    greatest = std::max(greatest, y);
  }
  if (!(greatest > least)) return [](double) { return 0.0; };
  return [=](double x) { return (x - least) / (greatest - least) * 255; };
}

/// 0 to 255 of a rescaled value.
Curve voi_curve(const Dataset& file, const std::vector<double>& stored, const Curve& modality, bool is_signed,
                int frame, const DisplayOptions& options) {
  auto& attributes = file.attributes();
  if (options.window) return window_curve(*options.window);
  if (options.window_index != 0) return window_curve(find_window(file, frame, options.window_index));
  if (auto* item = sequence_item(attributes, DCM_VOILUTSequence, 0)) {
    if (auto lut = read_lookup_table(*item, DCM_LUTDescriptor, DCM_LUTData, is_signed)) {
      return [lut = *std::move(lut)](double x) { return lut(x) * 255 / lut.greatest(); };
    }
  }
  const auto windows = windows_of(attributes);
  if (!windows.empty() && is_valid(windows.front())) return window_curve(windows.front());
  return range_curve(attributes, stored, modality);
}

std::uint8_t to_byte(double value) {
  // Not a number is shown as black.
  return value > 0 ? static_cast<std::uint8_t>(std::floor(std::min(value, 255.0) + 0.5)) : std::uint8_t{0};
}

std::vector<std::uint8_t> grey_levels(const Dataset& file, const StoredFrame& stored, int frame,
                                      const DisplayOptions& options) {
  const auto values = numbers_of(file, stored);
  const auto modality = modality_curve(file, frame, stored.module.is_signed);
  const auto voi = voi_curve(file, values, modality, stored.module.is_signed, frame, options);
  const bool inverted = stored.module.photometric == Photometric::monochrome1;
  const auto level = [&](double value) {
    const auto grey = to_byte(voi(modality(value)));
    return inverted ? static_cast<std::uint8_t>(255 - grey) : grey;
  };
  std::vector<std::uint8_t> grey(values.size());
  if (size_of(stored.module.type) > 2) {
    std::transform(values.begin(), values.end(), grey.begin(), level);
    return grey;
  }
  std::vector<int> seen(65536, -1);  // of values from -32768 or from 0 on
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto& cached = seen[static_cast<std::uint16_t>(static_cast<std::int32_t>(values[i]))];
    if (cached < 0) cached = level(values[i]);
    grey[i] = static_cast<std::uint8_t>(cached);
  }
  return grey;
}

Image blank(const PixelModule& module) {
  Image image;
  image.width = image.geometry.width = module.columns;
  image.height = image.geometry.height = module.rows;
  image.pixels.resize(module.pixels() * 3);
  return image;
}

/// The tags of one channel of a palette.
struct PaletteTags {
  DcmTagKey descriptor, data, segmented;
};

void render_palette(const Dataset& file, const StoredFrame& stored, Image& image) {
  const PaletteTags channels[3] = {{DCM_RedPaletteColorLookupTableDescriptor, DCM_RedPaletteColorLookupTableData,
                                    DCM_SegmentedRedPaletteColorLookupTableData},
                                   {DCM_GreenPaletteColorLookupTableDescriptor, DCM_GreenPaletteColorLookupTableData,
                                    DCM_SegmentedGreenPaletteColorLookupTableData},
                                   {DCM_BluePaletteColorLookupTableDescriptor, DCM_BluePaletteColorLookupTableData,
                                    DCM_SegmentedBluePaletteColorLookupTableData}};
  const auto values = numbers_of(file, stored);
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const auto& tags = channels[channel];
    auto lut = read_lookup_table(file.attributes(), tags.descriptor, tags.data, stored.module.is_signed);
    if (!lut) {
      lut = read_lookup_table(file.attributes(), tags.descriptor, tags.segmented, stored.module.is_signed);
      if (lut) lut->entries = expand_segments(words(file.attributes(), tags.segmented));
    }
    if (!lut || lut->entries.empty()) {
      throw Error(ErrorCode::corrupt, file.name() + ": damaged DICOM file: PALETTE COLOR without look-up tables");
    }
    const unsigned shift = lut->bits > 8 ? 8 : 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      image.pixels[3 * i + channel] = static_cast<std::uint8_t>(static_cast<unsigned>((*lut)(values[i])) >> shift);
    }
  }
}

void render_colour(const Dataset& file, const StoredFrame& stored, Image& image) {
  const auto& module = stored.module;
  const auto values = numbers_of(file, stored);
  const double greatest = std::ldexp(1, module.bits_stored) - 1;
  const bool ybr = module.photometric != Photometric::rgb;
  for (std::size_t i = 0; i < module.pixels(); ++i) {
    std::array<double, 3> rgb{values[3 * i], values[3 * i + 1], values[3 * i + 2]};
    if (ybr) rgb = ybr_to_rgb(rgb[0], rgb[1], rgb[2], (greatest + 1) / 2);
    for (std::size_t channel = 0; channel < 3; ++channel) {
      image.pixels[3 * i + channel] = to_byte(rgb[channel] * 255 / greatest);
    }
  }
}

}  // namespace

Image render(const Dataset& file, const StoredFrame& stored, int frame, const DisplayOptions& options) {
  const auto photometric = stored.module.photometric;
  const bool grey = photometric == Photometric::monochrome1 || photometric == Photometric::monochrome2;
  if (!grey && (options.window || options.window_index != 0)) {
    throw Error(ErrorCode::usage, file.name() + ": a window was asked for, but the image is in colour");
  }
  auto image = blank(stored.module);
  if (grey) {
    const auto levels = grey_levels(file, stored, frame, options);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = levels[i / 3];
  } else if (photometric == Photometric::palette) {
    render_palette(file, stored, image);
  } else {
    render_colour(file, stored, image);
  }
  return image;
}

}  // namespace fovea::dicom
