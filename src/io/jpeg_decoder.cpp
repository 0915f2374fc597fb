#include <jerror.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <vector>

#include <jpeglib.h>

#include "image/colour.hpp"
#include "image/orientation.hpp"
#include "io/decoders.hpp"
#include "io/exif.hpp"

namespace fovea::io {
namespace {

// A progressive file of a few kilobytes can ask for thousands of passes over a large image; real ones have about ten.
constexpr int kMaxScans = 100;

/// libjpeg's state. It reports errors by a callback that must not return, and C frames must not be unwound: hence
/// longjmp. The functions that set the jump hold no object with a destructor.
struct Codec {
  jpeg_error_mgr errors{};  // first: libjpeg hands back its address
  std::jmp_buf jump{};
  int code = 0;
  char message[JMSG_LENGTH_MAX] = {};
  jpeg_progress_mgr progress{};
  jpeg_decompress_struct state{};

  Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;
  ~Codec() { jpeg_destroy_decompress(&state); }
};

[[noreturn]] void fail(j_common_ptr state) {
  auto* codec = reinterpret_cast<Codec*>(state->err);
  codec->code = state->err->msg_code;
  state->err->format_message(state, codec->message);
  std::longjmp(codec->jump, 1);
}

/// After a warning libjpeg goes on and fills what is missing with grey. Here that ends the decoding, except for
/// warnings that cost no pixel: odd headers, and spare bytes between segments, as some cameras write them.
void on_message(j_common_ptr state, int level) {
  if (level >= 0) return;
  switch (state->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_BOGUS_ICC:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_NOT_SEQUENTIAL:
    case JWRN_EXTRANEOUS_DATA:
      return;
    default:
      fail(state);
  }
}

void on_progress(j_common_ptr state) {
  if (reinterpret_cast<j_decompress_ptr>(state)->input_scan_number <= kMaxScans) return;
  auto* codec = reinterpret_cast<Codec*>(state->err);
  std::snprintf(codec->message, sizeof codec->message, "it has more than %d scans", kMaxScans);
  std::longjmp(codec->jump, 1);
}

bool read_header(Codec& codec, std::span<const std::uint8_t> bytes) {
  if (setjmp(codec.jump) != 0) return false;
  jpeg_create_decompress(&codec.state);
  codec.state.progress = &codec.progress;
  jpeg_save_markers(&codec.state, JPEG_APP0 + 1, 0xFFFF);
  jpeg_mem_src(&codec.state, bytes.data(), static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&codec.state, TRUE);
  return true;
}

/// Output size for state.scale_denom; needs nothing of the pixels.
bool compute_output_size(Codec& codec) {
  if (setjmp(codec.jump) != 0) return false;
  jpeg_calc_output_dimensions(&codec.state);
  return true;
}

/// `cmyk_row`: room for one row of 4 components where the file has them, else null.
bool read_pixels(Codec& codec, std::uint8_t* rgb, std::uint8_t* cmyk_row) {
  if (setjmp(codec.jump) != 0) return false;
  jpeg_decompress_struct& state = codec.state;
  jpeg_start_decompress(&state);
  const std::size_t pitch = std::size_t{state.output_width} * 3;
  while (state.output_scanline < state.output_height) {
    JSAMPROW row = cmyk_row != nullptr ? cmyk_row : rgb + state.output_scanline * pitch;
    std::uint8_t* out = rgb + state.output_scanline * pitch;
    jpeg_read_scanlines(&state, &row, 1);
    if (cmyk_row != nullptr) image::inverted_cmyk_to_rgb(cmyk_row, state.output_width, out);
  }
  jpeg_finish_decompress(&state);  // reads up to the end marker, so that a file without one is found out
  return true;
}

[[noreturn]] void throw_error(const Codec& codec, const std::string& name) {
  switch (codec.code) {
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_ARITH_NOTIMPL:
      throw_unsupported(name, Format::jpeg, codec.message);
    default:
      throw_corrupt(name, Format::jpeg, codec.message);
  }
}

/// Largest of 8, 4, 2, 1 that leaves both sides at least `min_side` long.
unsigned scale_denominator(unsigned width, unsigned height, int min_side) {
  if (min_side <= 0) return 1;
  unsigned denominator = 8;
  while (denominator > 1 && std::min(width, height) / denominator < static_cast<unsigned>(min_side)) denominator /= 2;
  return denominator;
}

int orientation_of(const jpeg_decompress_struct& state) {
  for (jpeg_saved_marker_ptr marker = state.marker_list; marker != nullptr; marker = marker->next) {
    if (marker->data_length > 6 && std::memcmp(marker->data, "Exif\0\0", 6) == 0) {
      return exif_orientation({marker->data, marker->data_length});
    }
  }
  return 1;
}

}  // namespace

Image decode_jpeg(const Encoded& input) {
  Codec codec;
  jpeg_decompress_struct& state = codec.state;
  state.err = jpeg_std_error(&codec.errors);
  codec.errors.error_exit = fail;
  codec.errors.emit_message = on_message;
  codec.progress.progress_monitor = on_progress;
  if (!read_header(codec, input.bytes)) throw_error(codec, input.name);
  check_dimensions(input.name, Format::jpeg, state.image_width, state.image_height, input.options.max_pixels);
  const int orientation = orientation_of(state);

  const bool cmyk = state.num_components == 4;
  state.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  state.scale_num = 1;
  state.scale_denom = scale_denominator(state.image_width, state.image_height, input.options.min_side);
  if (!compute_output_size(codec)) throw_error(codec, input.name);
  Image image = blank_image(state.output_width, state.output_height);
  image.geometry.width = static_cast<int>(state.image_width);
  image.geometry.height = static_cast<int>(state.image_height);
  image.geometry.scale_denominator = static_cast<int>(state.scale_denom);
  std::vector<std::uint8_t> cmyk_row(cmyk ? std::size_t{state.output_width} * 4 : 0);
  if (!read_pixels(codec, image.pixels.data(), cmyk ? cmyk_row.data() : nullptr)) throw_error(codec, input.name);
  return image::apply_orientation(std::move(image), orientation);
}

}  // namespace fovea::io
