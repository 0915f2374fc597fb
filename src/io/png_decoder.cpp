#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "image/colour.hpp"
#include "image/orientation.hpp"
#include "io/decoders.hpp"
#include "io/exif.hpp"

namespace fovea::io {
namespace {

constexpr std::uint64_t kMaxInflation = 1032;  // deflate's best ratio (zlib's technical notes)

/// libpng's state. It reports errors by a callback that must not return, and C frames must not be unwound: hence
/// longjmp. The functions that set the jump hold no object with a destructor.
struct Codec {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::span<const std::uint8_t> rest;  // not read yet
  std::string error = "out of memory";

  Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;
  ~Codec() { png_destroy_read_struct(&png, &info, nullptr); }
};

[[noreturn]] void fail(png_structp png, png_const_charp message) {
  static_cast<Codec*>(png_get_error_ptr(png))->error = message;
  png_longjmp(png, 1);
}

void read_data(png_structp png, png_bytep out, png_size_t size) {
  auto& rest = static_cast<Codec*>(png_get_io_ptr(png))->rest;
  if (rest.size() < size) png_error(png, "the data end early");
  std::memcpy(out, rest.data(), size);
  rest = rest.subspan(size);
}

bool read_header(Codec& codec) {
  if (setjmp(png_jmpbuf(codec.png)) != 0) return false;
  png_structp png = codec.png;
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);       // max_pixels is the limit
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);  // a damaged tRNS would change the picture
  // Of the chunks that one may ignore, EXIF is read; text and profiles can be bombs of their own.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_AS_DEFAULT, reinterpret_cast<png_const_bytep>("eXIf"), 1);
  png_read_info(png, codec.info);
  return true;
}

/// Asks for rows of 8-bit RGB or RGBA.
bool set_conversions(Codec& codec) {
  if (setjmp(png_jmpbuf(codec.png)) != 0) return false;
  png_set_expand(codec.png);
  png_set_scale_16(codec.png);
  png_set_gray_to_rgb(codec.png);
  png_set_interlace_handling(codec.png);
  png_read_update_info(codec.png, codec.info);
  return true;
}

bool read_pixels(Codec& codec, png_bytepp rows) {
  if (setjmp(png_jmpbuf(codec.png)) != 0) return false;
  png_read_image(codec.png, rows);
  png_read_end(codec.png, codec.info);
  return true;
}

int orientation_of(const Codec& codec) {
  png_uint_32 size = 0;
  png_bytep exif = nullptr;
  if (png_get_eXIf_1(codec.png, codec.info, &size, &exif) == 0) return 1;
  return exif_orientation({exif, size});
}

}  // namespace

Image decode_png(const Encoded& input) {
  const auto require = [&](bool done, const Codec& codec) {
    if (!done) throw_corrupt(input.name, Format::png, codec.error);
  };
  Codec codec;
  codec.rest = input.bytes;
  codec.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &codec, fail, [](png_structp, png_const_charp) {});
  if (codec.png != nullptr) codec.info = png_create_info_struct(codec.png);
  require(codec.info != nullptr, codec);
  png_set_read_fn(codec.png, &codec, read_data);
  require(read_header(codec), codec);
  const std::size_t width = png_get_image_width(codec.png, codec.info);
  const std::size_t height = png_get_image_height(codec.png, codec.info);
  check_dimensions(input.name, Format::png, width, height, input.options.max_pixels);
  // Before any memory is asked for: so many rows cannot come from so few bytes.
  if (png_get_rowbytes(codec.png, codec.info) * height > codec.rest.size() * kMaxInflation) {
    throw_corrupt(input.name, Format::png, "the data end early");
  }
  require(set_conversions(codec), codec);

  const std::size_t channels = png_get_channels(codec.png, codec.info);
  Image image = blank_image(width, height);
  if (channels == 4) image.pixels.resize(width * height * 4);
  std::vector<png_bytep> rows(height);
  for (std::size_t y = 0; y < height; ++y) rows[y] = image.pixels.data() + y * width * channels;
  require(read_pixels(codec, rows.data()), codec);
  if (channels == 4) {
    image::rgba_over_white(image.pixels.data(), width * height, image.pixels.data());
    image.pixels.resize(width * height * 3);
  }
  return image::apply_orientation(std::move(image), orientation_of(codec));
}

}  // namespace fovea::io
