#include "dicom/pixel_module.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>

#include "dicom/values.hpp"
#include "fovea/error.hpp"

namespace fovea::dicom {
namespace {

constexpr std::uint32_t kFloatPixels = 0x7FE00008, kDoublePixels = 0x7FE00009;

class Reader {
 public:
  explicit Reader(const Dataset& file) : name_(file.name()), attributes_(file.attributes()) {}

  [[noreturn]] void corrupt(const std::string& what) const {
    throw Error(ErrorCode::corrupt, name_ + ": damaged DICOM file: " + what);
  }
  [[noreturn]] void unsupported(const std::string& what) const {
    throw Error(ErrorCode::unsupported, name_ + ": DICOM file that Fovea does not read: " + what);
  }

  int required(const DcmTagKey& tag, const char* title, long low, long high) const {
    const auto value = integer(attributes_, tag);
    if (!value) corrupt(std::string("'") + title + "' is missing or no number");
    return checked(*value, title, low, high);
  }
  int optional(const DcmTagKey& tag, const char* title, long low, long high, int otherwise) const {
    const auto value = integer(attributes_, tag);
    return value ? checked(*value, title, low, high) : otherwise;
  }

  Photometric photometric(int samples) const {
    const auto value = text(attributes_, DCM_PhotometricInterpretation);
    if (!value) corrupt("'Photometric Interpretation' is missing");
    struct Kind {
      std::string_view name;
      Photometric photometric;
      int samples;
    };
    // JPEG 2000 undoes its own transforms, ICT and RCT: what comes out is RGB.
    static constexpr std::array kKinds{
        Kind{"MONOCHROME1", Photometric::monochrome1, 1},
        Kind{"MONOCHROME2", Photometric::monochrome2, 1},
        Kind{"PALETTE COLOR", Photometric::palette, 1},
        Kind{"RGB", Photometric::rgb, 3},
        Kind{"YBR_FULL", Photometric::ybr_full, 3},
        Kind{"YBR_FULL_422", Photometric::ybr_full_422, 3},
        Kind{"YBR_ICT", Photometric::rgb, 3},
        Kind{"YBR_RCT", Photometric::rgb, 3},
    };
    const auto* kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return k.name == *value; });
    if (kind == kKinds.end()) unsupported("'Photometric Interpretation' is " + *value);
    if (kind->samples != samples) {
      corrupt("'Samples per Pixel' is " + std::to_string(samples) + ", but " + *value + " has " +
              std::to_string(kind->samples));
    }
    return kind->photometric;
  }

 private:
  int checked(long value, const char* title, long low, long high) const {
    if (value < low || value > high) {
      corrupt(std::string("'") + title + "' is " + std::to_string(value) + ", expected " + std::to_string(low) +
              " to " + std::to_string(high));
    }
    return static_cast<int>(value);
  }

  const std::string& name_;
  DcmDataset& attributes_;
};

SampleType integer_type(int bits_allocated, bool is_signed) {
  if (bits_allocated <= 8) return is_signed ? SampleType::i8 : SampleType::u8;
  if (bits_allocated <= 16) return is_signed ? SampleType::i16 : SampleType::u16;
  return is_signed ? SampleType::i32 : SampleType::u32;
}

}  // namespace

std::size_t size_of(SampleType type) noexcept {
  switch (type) {
    case SampleType::u8:
    case SampleType::i8:
      return 1;
    case SampleType::u16:
    case SampleType::i16:
      return 2;
    case SampleType::u32:
    case SampleType::i32:
    case SampleType::f32:
      return 4;
    case SampleType::f64:
      break;
  }
  return 8;
}

PixelModule read_pixel_module(const Dataset& file, std::uint64_t max_pixels) {
  const Reader read(file);
  if (!file.pixels()) read.unsupported("it has no pixel data");
  PixelModule module;
  module.rows = read.required(DCM_Rows, "Rows", 1, 65535);
  module.columns = read.required(DCM_Columns, "Columns", 1, 65535);
  module.frames = std::max(1, read.optional(DCM_NumberOfFrames, "Number of Frames", 0, 0x7FFFFFFF, 1));
  module.samples = read.optional(DCM_SamplesPerPixel, "Samples per Pixel", 1, 4, 1);
  module.photometric = read.photometric(module.samples);
  module.by_plane = module.samples > 1 && read.optional(DCM_PlanarConfiguration, "Planar Configuration", 0, 1, 0) == 1;
  if (file.pixels()->tag == kFloatPixels || file.pixels()->tag == kDoublePixels) {
    const bool is_double = file.pixels()->tag == kDoublePixels;
    module.bits_allocated = module.bits_stored = is_double ? 64 : 32;
    module.is_signed = true;
    module.type = is_double ? SampleType::f64 : SampleType::f32;
  } else {
    module.bits_allocated = read.required(DCM_BitsAllocated, "Bits Allocated", 1, 32);
    if (module.bits_allocated != 1 && module.bits_allocated % 8 != 0) {
      read.corrupt("'Bits Allocated' is " + std::to_string(module.bits_allocated) + ", expected 1, 8, 16, 24 or 32");
    }
    module.bits_stored = read.optional(DCM_BitsStored, "Bits Stored", 1, module.bits_allocated, module.bits_allocated);
    module.is_signed = read.optional(DCM_PixelRepresentation, "Pixel Representation", 0, 1, 0) == 1;
    module.type = integer_type(module.bits_allocated, module.is_signed);
  }
  if (module.pixels() > max_pixels) {
    read.unsupported(std::to_string(module.columns) + " x " + std::to_string(module.rows) +
                     " pixels are more than the limit of " + std::to_string(max_pixels));
  }
  return module;
}

}  // namespace fovea::dicom
