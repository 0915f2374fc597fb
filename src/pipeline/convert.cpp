#include "fovea/convert.hpp"

#include <cstdio>
#include <string>

#include "dicom/stored_values.hpp"
#include "fovea/error.hpp"
#include "io/image_writer.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;

void check(const fs::path& output, const ConvertOptions& options) {
  if (options.rgb && !options.raw) throw Error(ErrorCode::usage, "rgb is for raw values; what is shown is RGB already");
  if (options.raw && options.all_frames) {
    throw Error(ErrorCode::usage, "all_frames and raw exclude each other: raw values are those of all frames");
  }
  if (options.raw && options.frame != 1)
    throw Error(ErrorCode::usage, "raw values are those of all frames, not of one");
  const std::string wanted = options.raw ? ".npy" : ".png";
  if (output.extension() != wanted) {
    throw Error(ErrorCode::usage, output.string() + ": expected a name that ends in " + wanted);
  }
}

/// scan.png -> scan-0007.png
fs::path numbered(const fs::path& output, int frame) {
  char number[16];
  std::snprintf(number, sizeof number, "-%04d", frame);
  return output.parent_path() / (output.stem().string() + number + output.extension().string());
}

}  // namespace

void convert(const fs::path& input, const fs::path& output, const ConvertOptions& options) {
  check(output, options);
  auto bytes = read_bytes(input);
  if (options.raw) {
    dicom::write_stored_values(bytes, input.string(), options.load, options.rgb, output);
    return;
  }
  const auto reader = open_frames(std::move(bytes), input.string(), options.load);
  const auto colour = reader->is_grey() ? io::PngColour::grey : io::PngColour::rgb;
  if (!options.all_frames) {
    io::write_png(output, reader->read(options.frame), colour);
    return;
  }
  for (int frame = 1; frame <= reader->frame_count(); ++frame) {
    io::write_png(numbered(output, frame), reader->read(frame), colour);
  }
}

}  // namespace fovea
