#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "image/colour.hpp"
#include "image/orientation.hpp"
#include "io/decoders.hpp"
#include "io/exif.hpp"

namespace fovea::io {
namespace {

struct FrameIterator : WebPIterator {
  FrameIterator() : WebPIterator{} {}
  ~FrameIterator() { WebPDemuxReleaseIterator(this); }
  FrameIterator(const FrameIterator&) = delete;
  FrameIterator& operator=(const FrameIterator&) = delete;
};

int orientation_of(const WebPDemuxer* demuxer) {
  WebPChunkIterator chunk{};
  int orientation = 1;
  if (WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk) != 0) {
    orientation = exif_orientation({chunk.chunk.bytes, chunk.chunk.size});
  }
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

/// A frame that has alpha or that covers only part of the canvas.
void draw_on_white(const FrameIterator& frame, const std::vector<std::uint8_t>& rgba, Image& canvas) {
  std::fill(canvas.pixels.begin(), canvas.pixels.end(), std::uint8_t{255});
  const auto width = static_cast<std::size_t>(frame.width);
  for (int y = 0; y < frame.height; ++y) {
    const std::size_t start = static_cast<std::size_t>(frame.y_offset + y) * canvas.width + frame.x_offset;
    image::rgba_over_white(rgba.data() + y * width * 4, width, canvas.pixels.data() + start * 3);
  }
}

}  // namespace

Image decode_webp(const Encoded& input) {
  const WebPData data{input.bytes.data(), input.bytes.size()};
  // Refuses a file that is shorter than its chunks say.
  const std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)> demuxer(WebPDemux(&data), &WebPDemuxDelete);
  if (!demuxer) throw_corrupt(input.name, Format::webp, "its chunks are incomplete");
  const std::uint32_t width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH);
  const std::uint32_t height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT);
  check_dimensions(input.name, Format::webp, width, height, input.options.max_pixels);

  FrameIterator frame;
  WebPBitstreamFeatures features{};
  if (WebPDemuxGetFrame(demuxer.get(), 1, &frame) == 0 ||
      WebPGetFeatures(frame.fragment.bytes, frame.fragment.size, &features) != VP8_STATUS_OK ||
      features.width != frame.width || features.height != frame.height || frame.x_offset < 0 || frame.y_offset < 0 ||
      static_cast<std::uint64_t>(frame.x_offset) + frame.width > width ||
      static_cast<std::uint64_t>(frame.y_offset) + frame.height > height) {
    throw_corrupt(input.name, Format::webp, "its first frame does not fit its canvas");
  }
  Image image = blank_image(width, height);
  const bool whole =
      static_cast<std::uint32_t>(frame.width) == width && static_cast<std::uint32_t>(frame.height) == height;
  const auto decode = [&](auto function, std::vector<std::uint8_t>& out, int channels) {
    if (function(frame.fragment.bytes, frame.fragment.size, out.data(), out.size(), frame.width * channels) ==
        nullptr) {
      throw_corrupt(input.name, Format::webp, "the data end early or cannot be decoded");
    }
  };
  if (whole && features.has_alpha == 0) {
    decode(WebPDecodeRGBInto, image.pixels, 3);
  } else {
    std::vector<std::uint8_t> rgba(static_cast<std::size_t>(frame.width) * frame.height * 4);
    decode(WebPDecodeRGBAInto, rgba, 4);
    draw_on_white(frame, rgba, image);
  }
  return image::apply_orientation(std::move(image), orientation_of(demuxer.get()));
}

}  // namespace fovea::io
