#include <charls/charls.h>

#include "dicom/codecs.hpp"

namespace fovea::dicom {

std::vector<std::uint8_t> decode_jpeg_ls(const CodedFrame& frame) {
  const auto& module = frame.module;
  // An end marker more than is needed: CharLS 2.4 counts zero bits for seconds behind data that were cut before theirs.
  std::vector<std::uint8_t> bytes(frame.bytes.begin(), frame.bytes.end());
  bytes.insert(bytes.end(), {0xFF, 0xD9});
  try {
    const charls::jpegls_decoder decoder(bytes, /*parse_header=*/true);
    const auto& info = decoder.frame_info();
    const auto coded_size = static_cast<std::size_t>(info.bits_per_sample <= 8 ? 1 : 2);
    if (info.height != static_cast<std::uint32_t>(module.rows) ||
        info.width != static_cast<std::uint32_t>(module.columns) || info.component_count != module.samples) {
      fail_frame(frame, "its JPEG-LS data have " + std::to_string(info.width) + " x " + std::to_string(info.height) +
                            " pixels of " + std::to_string(info.component_count) + " samples, the attributes say " +
                            std::to_string(module.columns) + " x " + std::to_string(module.rows) + " of " +
                            std::to_string(module.samples));
    }
    const auto size = size_of(module.type);
    if (coded_size > size) {
      fail_frame(frame, "its JPEG-LS data have " + std::to_string(info.bits_per_sample) + " bits, the attributes say " +
                            std::to_string(module.bits_allocated));
    }
    std::vector<std::uint8_t> coded(module.values() * coded_size);
    decoder.decode(coded);
    if (decoder.interleave_mode() == charls::interleave_mode::none && module.samples > 1) {
      coded = interleave(coded, static_cast<std::size_t>(module.samples), coded_size);
    }
    if (size == coded_size) return coded;
    std::vector<std::uint8_t> values(module.values() * size);
    for (std::size_t i = 0; i < module.values(); ++i) {
      for (std::size_t byte = 0; byte < coded_size; ++byte) values[i * size + byte] = coded[i * coded_size + byte];
    }
    return values;
  } catch (const charls::jpegls_error& e) {
    fail_frame(frame, "its JPEG-LS data: " + std::string(e.what()));
  }
}

}  // namespace fovea::dicom
