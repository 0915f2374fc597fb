#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include <gif_lib.h>

#include "io/decoders.hpp"

namespace fovea::io {
namespace {

constexpr int kNotTransparent = -1;

int read_data(GifFileType* gif, GifByteType* out, int size) {
  auto& rest = *static_cast<std::span<const std::uint8_t>*>(gif->UserData);
  const std::size_t count = std::min(rest.size(), static_cast<std::size_t>(size));
  if (count > 0) std::memcpy(out, rest.data(), count);
  rest = rest.subspan(count);
  return static_cast<int>(count);
}

struct Close {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};

/// Reads the records of one file in order.
class GifReader {
 public:
  explicit GifReader(const Encoded& input) : input_(input), rest_(input.bytes) {
    int error = 0;
    gif_.reset(DGifOpen(&rest_, read_data, &error));
    if (!gif_) throw_error(error);
    check_dimensions(input.name, Format::gif, gif_->SWidth, gif_->SHeight, input.options.max_pixels);
  }

  Image read() {
    Image canvas = blank_image(gif_->SWidth, gif_->SHeight);
    std::fill(canvas.pixels.begin(), canvas.pixels.end(), std::uint8_t{255});
    bool drawn = false;
    for (GifRecordType record = next_record(); record != TERMINATE_RECORD_TYPE; record = next_record()) {
      if (record == EXTENSION_RECORD_TYPE) {
        read_extension();
      } else if (record == IMAGE_DESC_RECORD_TYPE) {
        require(DGifGetImageDesc(gif_.get()));
        if (!drawn) {
          draw_frame(canvas);
        } else {
          skip_frame();  // only to see that the file is whole
        }
        drawn = true;
      }
    }
    if (!drawn) throw_corrupt(input_.name, Format::gif, "it has no image");
    return canvas;
  }

 private:
  [[noreturn]] void throw_error(int error) const {
    const char* text = GifErrorString(error);
    throw_corrupt(input_.name, Format::gif, text != nullptr ? text : "the data end early");
  }

  void require(int result) const {
    if (result != GIF_OK) throw_error(gif_->Error);
  }

  GifRecordType next_record() {
    GifRecordType record = UNDEFINED_RECORD_TYPE;
    require(DGifGetRecordType(gif_.get(), &record));
    return record;
  }

  void read_extension() {
    int code = 0;
    GifByteType* block = nullptr;  // its length, then its bytes
    require(DGifGetExtension(gif_.get(), &code, &block));
    while (block != nullptr) {
      GraphicsControlBlock control{};
      if (code == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK) {
        transparent_ = control.TransparentColor;
      }
      require(DGifGetExtensionNext(gif_.get(), &block));
    }
  }

  void skip_frame() {
    int code_size = 0;
    GifByteType* block = nullptr;
    require(DGifGetCode(gif_.get(), &code_size, &block));
    while (block != nullptr) require(DGifGetCodeNext(gif_.get(), &block));
  }

  void draw_frame(Image& canvas) {
    const GifImageDesc& frame = gif_->Image;
    check_dimensions(input_.name, Format::gif, frame.Width, frame.Height, input_.options.max_pixels);
    const ColorMapObject* colours = frame.ColorMap != nullptr ? frame.ColorMap : gif_->SColorMap;
    if (colours == nullptr) throw_corrupt(input_.name, Format::gif, "it has no colour table");
    std::vector<GifPixelType> line(static_cast<std::size_t>(frame.Width));
    const auto read_line = [&](int y) {
      require(DGifGetLine(gif_.get(), line.data(), frame.Width));
      draw_line(line, frame.Left, frame.Top + y, *colours, canvas);
    };
    if (!frame.Interlace) {
      for (int y = 0; y < frame.Height; ++y) read_line(y);
      return;
    }
    struct Pass {
      int first;
      int step;
    };
    for (const auto [first, step] : {Pass{0, 8}, Pass{4, 8}, Pass{2, 4}, Pass{1, 2}}) {
      for (int y = first; y < frame.Height; y += step) read_line(y);
    }
  }

  /// What lies outside the canvas is cut off; an index beyond the colour table is black.
  void draw_line(const std::vector<GifPixelType>& line, int left, int row, const ColorMapObject& colours,
                 Image& canvas) {
    if (row >= canvas.height) return;
    const int count = std::min(static_cast<int>(line.size()), canvas.width - left);
    for (int x = 0; x < count; ++x) {
      const int index = line[x];
      if (index == transparent_) continue;
      const GifColorType colour = index < colours.ColorCount ? colours.Colors[index] : GifColorType{0, 0, 0};
      std::uint8_t* out = canvas.pixels.data() + (static_cast<std::size_t>(row) * canvas.width + left + x) * 3;
      out[0] = colour.Red;
      out[1] = colour.Green;
      out[2] = colour.Blue;
    }
  }

  const Encoded& input_;
  std::span<const std::uint8_t> rest_;
  std::unique_ptr<GifFileType, Close> gif_;
  int transparent_ = kNotTransparent;
};

}  // namespace

Image decode_gif(const Encoded& input) { return GifReader(input).read(); }

}  // namespace fovea::io
