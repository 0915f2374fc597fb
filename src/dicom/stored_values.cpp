#include "dicom/stored_values.hpp"

#include <ostream>
#include <string_view>
#include <vector>

#include "dicom/colour.hpp"
#include "dicom/dataset.hpp"
#include "dicom/dicom_reader.hpp"
#include "dicom/pixel_reader.hpp"
#include "fovea/error.hpp"
#include "io/file.hpp"
#include "io/npy.hpp"

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

std::string npy_header(const PixelModule& module) {
  std::vector<std::size_t> shape{static_cast<std::size_t>(module.rows), static_cast<std::size_t>(module.columns)};
  if (module.frames > 1) shape.insert(shape.begin(), static_cast<std::size_t>(module.frames));
  if (module.samples > 1) shape.push_back(static_cast<std::size_t>(module.samples));
  return io::npy_header(numpy_type(module.type), shape);
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
