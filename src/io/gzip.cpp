#include "io/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "fovea/error.hpp"

namespace fovea::io {
namespace {

// The floats of a heat map hardly compress (a stretched grid: to 89%); level 6 gains half a percent of that.
constexpr int kLevel = 1;
constexpr int kGzip = 16;  // added to the window's bits: a gzip header instead of zlib's
constexpr int kMemory = 8;
constexpr std::size_t kBufferBytes = std::size_t{1} << 16U;

}  // namespace

struct GzipStream::Impl {
  std::ostream& out;
  z_stream deflater{};
  std::vector<Bytef> buffer = std::vector<Bytef>(kBufferBytes);

  explicit Impl(std::ostream& stream) : out(stream) {
    if (deflateInit2(&deflater, kLevel, Z_DEFLATED, MAX_WBITS + kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw Error(ErrorCode::internal, "zlib: deflateInit2 failed");
    }
  }
  ~Impl() { deflateEnd(&deflater); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void run(int flush) {
    int status = Z_OK;
    do {
      deflater.next_out = buffer.data();
      deflater.avail_out = static_cast<uInt>(buffer.size());
      status = deflate(&deflater, flush);
      if (status == Z_STREAM_ERROR) throw Error(ErrorCode::internal, "zlib: deflate failed");
      out.write(reinterpret_cast<const char*>(buffer.data()),
                static_cast<std::streamsize>(buffer.size() - deflater.avail_out));
    } while (deflater.avail_out == 0 || (flush == Z_FINISH && status != Z_STREAM_END));
  }
};

GzipStream::GzipStream(std::ostream& out) : impl_(std::make_unique<Impl>(out)) {}

GzipStream::~GzipStream() = default;

void GzipStream::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max()));
    // zlib does not write to what it reads.
    impl_->deflater.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(part.data()));
    impl_->deflater.avail_in = static_cast<uInt>(part.size());
    impl_->run(Z_NO_FLUSH);
    bytes = bytes.subspan(part.size());
  }
}

void GzipStream::finish() { impl_->run(Z_FINISH); }

}  // namespace fovea::io
