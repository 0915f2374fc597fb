#include <openjpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "dicom/codecs.hpp"

namespace fovea::dicom {
namespace {

/// A place in the compressed bytes, for OpenJPEG's callbacks.
struct Source {
  std::span<const std::uint8_t> bytes;
  std::size_t position = 0;
};

OPJ_SIZE_T read(void* out, OPJ_SIZE_T size, void* user) {
  auto& source = *static_cast<Source*>(user);
  const auto count = std::min<std::size_t>(size, source.bytes.size() - source.position);
  if (count == 0) return static_cast<OPJ_SIZE_T>(-1);
  std::memcpy(out, source.bytes.data() + source.position, count);
  source.position += count;
  return count;
}

OPJ_OFF_T skip(OPJ_OFF_T size, void* user) {
  auto& source = *static_cast<Source*>(user);
  if (size < 0) return -1;
  const auto count = std::min(static_cast<std::size_t>(size), source.bytes.size() - source.position);
  source.position += count;
  return static_cast<OPJ_OFF_T>(count);
}

OPJ_BOOL seek(OPJ_OFF_T position, void* user) {
  auto& source = *static_cast<Source*>(user);
  if (position < 0 || static_cast<std::size_t>(position) > source.bytes.size()) return OPJ_FALSE;
  source.position = static_cast<std::size_t>(position);
  return OPJ_TRUE;
}

void keep_message(const char* message, void* user) {
  auto& text = *static_cast<std::string*>(user);
  if (!text.empty()) return;  // the first is the cause
  text = message;
  while (!text.empty() && (text.back() == '\n' || text.back() == '.')) text.pop_back();
}

using Stream = std::unique_ptr<opj_stream_t, decltype(&opj_stream_destroy)>;
using Decoder = std::unique_ptr<opj_codec_t, decltype(&opj_destroy_codec)>;
using DecodedImage = std::unique_ptr<opj_image_t, decltype(&opj_image_destroy)>;

void check_header(const CodedFrame& frame, const opj_image_t& image) {
  const auto& module = frame.module;
  bool same = image.numcomps == static_cast<OPJ_UINT32>(module.samples);
  for (OPJ_UINT32 c = 0; same && c < image.numcomps; ++c) {
    const auto& component = image.comps[c];
    same = component.dx == 1 && component.dy == 1 && image.x1 - image.x0 == static_cast<OPJ_UINT32>(module.columns) &&
           image.y1 - image.y0 == static_cast<OPJ_UINT32>(module.rows);
  }
  if (!same) {
    fail_frame(frame, "its JPEG 2000 data have " + std::to_string(image.x1 - image.x0) + " x " +
                          std::to_string(image.y1 - image.y0) + " pixels of " + std::to_string(image.numcomps) +
                          " samples or subsampled ones, the attributes say " + std::to_string(module.columns) + " x " +
                          std::to_string(module.rows) + " of " + std::to_string(module.samples));
  }
  const auto bits = static_cast<int>(image.comps[0].prec);
  if (bits > std::max(module.bits_allocated, 1)) {
    fail_frame(frame, "its JPEG 2000 data have " + std::to_string(bits) + " bits, the attributes say " +
                          std::to_string(module.bits_allocated));
  }
}

/// Every `samples`-th value of `out`. Two's complement: right whether the stream or the attributes call them signed.
template <typename Value>
void copy_component(std::span<const OPJ_INT32> component, std::size_t samples, std::uint8_t* out) {
  for (const auto value : component) {
    const auto stored = static_cast<Value>(value);
    std::memcpy(out, &stored, sizeof stored);
    out += samples * sizeof stored;
  }
}

}  // namespace

std::vector<std::uint8_t> decode_jpeg_2000(const CodedFrame& frame) {
  Source source{.bytes = frame.bytes};
  const bool boxed = frame.bytes.size() > 8 && std::memcmp(frame.bytes.data() + 4, "jP  ", 4) == 0;
  std::string message;
  const auto fail = [&](const char* step) {
    fail_frame(frame, std::string("its JPEG 2000 data: ") + (message.empty() ? step : message));
  };

  const Decoder decoder(opj_create_decompress(boxed ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K), opj_destroy_codec);
  opj_set_error_handler(decoder.get(), keep_message, &message);
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  if (!opj_setup_decoder(decoder.get(), &parameters)) fail("the decoder cannot begin");
  opj_decoder_set_strict_mode(decoder.get(), OPJ_TRUE);  // cut data are an error

  const Stream stream(opj_stream_default_create(OPJ_TRUE), opj_stream_destroy);
  opj_stream_set_user_data(stream.get(), &source, nullptr);
  opj_stream_set_user_data_length(stream.get(), frame.bytes.size());
  opj_stream_set_read_function(stream.get(), read);
  opj_stream_set_skip_function(stream.get(), skip);
  opj_stream_set_seek_function(stream.get(), seek);

  opj_image_t* opened = nullptr;
  const bool has_header = opj_read_header(stream.get(), decoder.get(), &opened);
  const DecodedImage image(opened, opj_image_destroy);
  if (!has_header) fail("the header is damaged");
  check_header(frame, *image);
  if (!opj_decode(decoder.get(), stream.get(), image.get())) fail("they are damaged or cut");
  if (!opj_end_decompress(decoder.get(), stream.get())) fail("they end early");

  const auto& module = frame.module;
  const auto size = size_of(module.type);
  const auto samples = static_cast<std::size_t>(module.samples);
  std::vector<std::uint8_t> values(module.values() * size);
  for (std::size_t c = 0; c < samples; ++c) {
    const auto* data = image->comps[c].data;
    if (data == nullptr) fail("a component is missing");
    const std::span component(data, module.pixels());
    auto* out = values.data() + c * size;
    if (size == 1) {
      copy_component<std::uint8_t>(component, samples, out);
    } else if (size == 2) {
      copy_component<std::uint16_t>(component, samples, out);
    } else {
      copy_component<std::uint32_t>(component, samples, out);
    }
  }
  return values;
}

}  // namespace fovea::dicom
