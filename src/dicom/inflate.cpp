#include "dicom/inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <memory>

#include "fovea/error.hpp"

namespace fovea::dicom {

std::vector<std::uint8_t> inflate(std::span<const std::uint8_t> bytes, std::size_t max_bytes, const std::string& name) {
  constexpr std::size_t kChunk = 1U << 18;
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw Error(ErrorCode::internal, "zlib cannot begin");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
  std::vector<std::uint8_t> out;
  std::size_t read = 0;
  while (true) {
    if (stream.avail_in == 0) {
      stream.next_in = const_cast<Bytef*>(bytes.data() + read);
      stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size() - read, 1U << 30));
      read += stream.avail_in;
    }
    const auto before = out.size();
    if (before == max_bytes) {
      throw Error(ErrorCode::unsupported, name + ": deflated DICOM file of more than " + std::to_string(max_bytes) +
                                              " bytes, which is the limit");
    }
    out.resize(std::min(before + kChunk, max_bytes));
    stream.next_out = out.data() + before;
    stream.avail_out = static_cast<uInt>(out.size() - before);
    const int status = ::inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (status == Z_STREAM_END) return out;
    if (status != Z_OK || (stream.avail_in == 0 && read == bytes.size() && stream.avail_out > 0)) {
      throw Error(ErrorCode::corrupt, name +
                                          ": damaged or truncated DICOM file: its deflated data end early or are "
                                          "no such data");
    }
  }
}

}  // namespace fovea::dicom
