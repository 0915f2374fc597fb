#include <tiffio.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "fovea/error.hpp"
#include "image/orientation.hpp"
#include "io/decoders.hpp"

namespace fovea::io {
namespace {

/// The file as libtiff reads it, and what libtiff has to say.
struct Stream {
  Bytes bytes;
  std::uint64_t position = 0;
  std::string error;     // the first one
  bool missing = false;  // a warning told of data that are not there

  static Stream& of(void* handle) { return *static_cast<Stream*>(handle); }

  static tmsize_t read(thandle_t handle, void* out, tmsize_t size) {
    Stream& stream = of(handle);
    const std::uint64_t there = stream.bytes->size() - std::min<std::uint64_t>(stream.position, stream.bytes->size());
    const std::uint64_t count = std::min(there, static_cast<std::uint64_t>(size));
    if (count > 0) std::memcpy(out, stream.bytes->data() + stream.position, count);
    stream.position += count;
    return static_cast<tmsize_t>(count);
  }

  static toff_t seek(thandle_t handle, toff_t offset, int whence) {
    Stream& stream = of(handle);
    const std::uint64_t base = whence == SEEK_CUR ? stream.position : whence == SEEK_END ? stream.bytes->size() : 0;
    return stream.position = base + offset;
  }

  static int on_error(TIFF*, void* handle, const char*, const char* format, va_list arguments) {
    Stream& stream = of(handle);
    if (stream.error.empty()) stream.error = text_of(format, arguments);
    return 1;  // nothing is left for the process-wide handlers
  }

  /// "Premature end of JPEG file", "Premature EOL at line": libtiff makes up what is missing and goes on.
  static int on_warning(TIFF*, void* handle, const char*, const char* format, va_list arguments) {
    Stream& stream = of(handle);
    const std::string text = text_of(format, arguments);
    if (text.find("remature") != std::string::npos) {
      stream.missing = true;
      if (stream.error.empty()) stream.error = text;
    }
    return 1;
  }

  static std::string text_of(const char* format, va_list arguments) {
    char text[512];
    std::vsnprintf(text, sizeof text, format, arguments);
    return text;
  }
};

struct Close {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using Handle = std::unique_ptr<TIFF, Close>;

/// libtiff's conversion of the current page; ended on all paths.
struct RgbaImage : TIFFRGBAImage {
  RgbaImage() : TIFFRGBAImage{} {}
  ~RgbaImage() {
    if (begun) TIFFRGBAImageEnd(this);
  }
  RgbaImage(const RgbaImage&) = delete;
  RgbaImage& operator=(const RgbaImage&) = delete;
  bool begun = false;
};

class TiffReader final : public FrameReader {
 public:
  TiffReader(Bytes bytes, std::string name, const LoadOptions& options) : name_(std::move(name)), options_(options) {
    stream_->bytes = std::move(bytes);
    open();
    count_pages();
  }

  std::string_view format() const override { return to_string(Format::tiff); }
  int frame_count() const override { return pages_; }

  Image read(int frame) override {
    if (frame < 1 || frame > pages_) {
      throw Error(ErrorCode::usage,
                  name_ + ": frame " + std::to_string(frame) + " was asked for, but it has " + std::to_string(pages_));
    }
    stream_->error.clear();
    stream_->missing = false;
    if (TIFFSetDirectory(tiff_.get(), static_cast<tdir_t>(frame - 1)) == 0) fail(frame);
    const auto [width, height] = checked_size();
    std::unique_ptr<std::uint32_t[]> packed = read_packed(frame, width, height);

    Image image = blank_image(width, height);
    std::uint8_t* out = image.pixels.data();
    for (const std::uint32_t pixel : std::span(packed.get(), std::size_t{width} * height)) {
      // libtiff has multiplied the colours by alpha, so that white only has to be added.
      const unsigned white = 255 - TIFFGetA(pixel);
      *out++ = static_cast<std::uint8_t>(std::min(255U, TIFFGetR(pixel) + white));
      *out++ = static_cast<std::uint8_t>(std::min(255U, TIFFGetG(pixel) + white));
      *out++ = static_cast<std::uint8_t>(std::min(255U, TIFFGetB(pixel) + white));
    }
    packed.reset();
    return image::apply_orientation(std::move(image), orientation());
  }

 private:
  void open() {
    const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                                   &TIFFOpenOptionsFree);
    // Handlers of this file only: TIFFSetErrorHandler() would be the whole process's.
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), Stream::on_error, stream_.get());
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), Stream::on_warning, stream_.get());
    constexpr std::uint64_t kMostBytesPerPixel = 8;  // 4 channels of 16 bits
    constexpr std::uint64_t kSmallest = 1 << 20;
    const std::uint64_t limit =
        std::max(kSmallest, std::min(options_.max_pixels, UINT64_MAX / 64) * kMostBytesPerPixel);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(limit));
    tiff_.reset(TIFFClientOpenExt(
        name_.c_str(), "rm", stream_.get(), Stream::read, [](thandle_t, void*, tmsize_t) -> tmsize_t { return 0; },
        Stream::seek, [](thandle_t) { return 0; },
        [](thandle_t handle) -> toff_t { return Stream::of(handle).bytes->size(); },
        [](thandle_t, void**, toff_t*) { return 0; }, [](thandle_t, void*, toff_t) {}, options.get()));
    if (!tiff_) fail(1);
  }

  /// A page whose directory cannot be read is counted, so that reading it tells what is wrong; pages behind it are
  /// lost.
  void count_pages() {
    stream_->error.clear();
    pages_ = 1;
    while (TIFFReadDirectory(tiff_.get()) != 0) ++pages_;
    if (!stream_->error.empty()) ++pages_;
  }

  [[noreturn]] void fail(int frame) const {
    throw_corrupt(
        name_, Format::tiff,
        "page " + std::to_string(frame) + ": " + (stream_->error.empty() ? "it cannot be read" : stream_->error));
  }

  std::pair<std::uint32_t, std::uint32_t> checked_size() const {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    TIFFGetField(tiff_.get(), TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff_.get(), TIFFTAG_IMAGELENGTH, &height);
    check_dimensions(name_, Format::tiff, width, height, options_.max_pixels);
    if (TIFFIsTiled(tiff_.get()) != 0) {  // a tile may be larger than the image it is part of
      std::uint32_t tile_width = 0;
      std::uint32_t tile_height = 0;
      TIFFGetField(tiff_.get(), TIFFTAG_TILEWIDTH, &tile_width);
      TIFFGetField(tiff_.get(), TIFFTAG_TILELENGTH, &tile_height);
      check_dimensions(name_, Format::tiff, tile_width, tile_height,
                       std::max<std::uint64_t>(options_.max_pixels, 1 << 16));
    }
    return {width, height};
  }

  /// The page as it is stored, row 0 first, as libtiff packs pixels (TIFFGetR and so on).
  std::unique_ptr<std::uint32_t[]> read_packed(int frame, std::uint32_t width, std::uint32_t height) {
    char why[1024] = "";
    RgbaImage rgba;
    if (TIFFRGBAImageOK(tiff_.get(), why) == 0) throw_unsupported(name_, Format::tiff, why);
    rgba.begun = TIFFRGBAImageBegin(&rgba, tiff_.get(), 1, why) != 0;
    if (!rgba.begun) {
      if (stream_->error.empty()) stream_->error = why;
      fail(frame);
    }
    // The turning is done afterwards, by one rule for all formats.
    rgba.orientation = ORIENTATION_TOPLEFT;
    rgba.req_orientation = ORIENTATION_TOPLEFT;
    // Not cleared: a small file that claims a large page takes no memory for rows that never come.
    auto packed = std::make_unique_for_overwrite<std::uint32_t[]>(std::size_t{width} * height);
    const bool done = TIFFRGBAImageGet(&rgba, packed.get(), width, height) != 0;
    if (!done || stream_->missing) fail(frame);
    return packed;
  }

  int orientation() const {
    std::uint16_t value = ORIENTATION_TOPLEFT;
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_ORIENTATION, &value);
    return value >= 1 && value <= 8 ? value : 1;
  }

  std::string name_;
  LoadOptions options_;
  std::unique_ptr<Stream> stream_ = std::make_unique<Stream>();  // libtiff holds its address
  Handle tiff_;
  int pages_ = 0;
};

}  // namespace

std::unique_ptr<FrameReader> open_tiff(Bytes bytes, const std::string& name, const LoadOptions& options) {
  return std::make_unique<TiffReader>(std::move(bytes), name, options);
}

}  // namespace fovea::io
