#include "dicom/stored_values.hpp"

#include <ostream>
#include <string_view>

#include "dicom/colour.hpp"
#include "dicom/dataset.hpp"
#include "dicom/dicom_reader.hpp"
#include "dicom/pixel_reader.hpp"
#include "fovea/error.hpp"
#include "io/file.hpp"

namespace fovea::dicom {
namespace {

std::string_view numpy_type(SampleType type) {
  switch (type) {
    case SampleType::u8:
      return "|u1";
    case SampleType::i8:
      return "|i1";
    case SampleType::u16:
      return "<u2";
    case SampleType::i16:
      return "<i2";
    case SampleType::u32:
      return "<u4";
    case SampleType::i32:
      return "<i4";
    case SampleType::f32:
      return "<f4";
    case SampleType::f64:
      break;
  }
  return "<f8";
}

/// The header of NumPy's format 1.0: the data begin at a multiple of 64 bytes.
std::string npy_header(const PixelModule& module) {
  std::string shape;
  if (module.frames > 1) shape += std::to_string(module.frames) + ", ";
  shape += std::to_string(module.rows) + ", " + std::to_string(module.columns);
  if (module.samples > 1) shape += ", " + std::to_string(module.samples);
  std::string text =
      "{'descr': '" + std::string(numpy_type(module.type)) + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  constexpr std::size_t kPrefix = 10;
  text.resize((kPrefix + text.size() + 1 + 63) / 64 * 64 - kPrefix - 1, ' ');
  text += '\n';
  const auto size = static_cast<std::uint16_t>(text.size());
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(size & 0xFF) + static_cast<char>(size >> 8) + text;
}

}  // namespace

void write_stored_values(const Bytes& bytes, const std::string& name, const LoadOptions& options, bool rgb,
                         const std::filesystem::path& output) {
  const std::span view(reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size());
  if (!has_dicom_mark(view) && !begins_like_dicom(view)) {
    throw Error(ErrorCode::usage, name + ": stored values are written of DICOM files only, and this is none");
  }
  const Dataset file(bytes, name, options.max_inflated_bytes);
  const PixelReader reader(file, options.max_pixels);

  io::write_stream(output, [&](std::ostream& out) {
    out << npy_header(reader.module());
    for (int frame = 0; frame < reader.module().frames && out; ++frame) {
      auto stored = reader.read(frame);
      if (rgb) ybr_to_rgb(stored);
      out.write(reinterpret_cast<const char*>(stored.values.data()),
                static_cast<std::streamsize>(stored.values.size()));
    }
  });
}

}  // namespace fovea::dicom
