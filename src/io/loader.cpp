#include "fovea/loader.hpp"

#include <algorithm>
#include <utility>

#include "dicom/dicom_reader.hpp"
#include "fovea/error.hpp"
#include "io/decoders.hpp"

namespace fovea {
namespace {

using Decoder = Image (*)(const io::Encoded&);

std::span<const std::uint8_t> view_of(const Bytes& bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()};
}

/// A format that holds one image.
class SingleFrameReader final : public FrameReader {
 public:
  SingleFrameReader(Bytes bytes, io::Encoded input, io::Format format, Decoder decode)
      : bytes_(std::move(bytes)), input_(std::move(input)), format_(format), decode_(decode) {}

  std::string_view format() const override { return io::to_string(format_); }
  int frame_count() const override { return 1; }
  Image read(int frame) override {
    if (frame != 1) {
      throw Error(ErrorCode::usage, input_.name + ": frame " + std::to_string(frame) + " was asked for, but it has 1");
    }
    return decode_(input_);
  }

 private:
  Bytes bytes_;  // keeps what input_ looks at
  io::Encoded input_;
  io::Format format_;
  Decoder decode_;
};

Decoder decoder_of(io::Format format) {
  switch (format) {
    case io::Format::jpeg:
      return io::decode_jpeg;
    case io::Format::png:
      return io::decode_png;
    case io::Format::webp:
      return io::decode_webp;
    case io::Format::gif:
      return io::decode_gif;
    case io::Format::bmp:
      return io::decode_bmp;
    case io::Format::pnm:
      return io::decode_pnm;
    case io::Format::tiff:
      break;  // opened by open_tiff()
  }
  throw Error(ErrorCode::internal, "no decoder for " + std::string(io::to_string(format)));
}

}  // namespace

std::unique_ptr<FrameReader> open_frames(Bytes bytes, const std::string& name, const LoadOptions& options) {
  if (!bytes || bytes->empty()) throw Error(ErrorCode::corrupt, name + ": the file is empty");
  const auto view = view_of(bytes);
  if (dicom::has_dicom_mark(view)) return dicom::open_dicom(std::move(bytes), name, options);
  const auto format = io::sniff(view);
  if (!format && dicom::begins_like_dicom(view)) return dicom::open_dicom(std::move(bytes), name, options);
  if (!format) {
    throw Error(
        ErrorCode::unsupported,
        name + ": not an image that Fovea reads (JPEG, PNG, TIFF, WebP, BMP, PNM, GIF, DICOM), by its first bytes");
  }
  if (*format == io::Format::tiff) return io::open_tiff(std::move(bytes), name, options);
  return std::make_unique<SingleFrameReader>(std::move(bytes), io::Encoded{view, name, options}, *format,
                                             decoder_of(*format));
}

Image load_image(const std::filesystem::path& path, const LoadOptions& options) {
  return open_frames(read_bytes(path), path.string(), options)->read(1);
}

}  // namespace fovea
