#include "io/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <future>
#include <ostream>

#include "fovea/error.hpp"

namespace fovea::io {
namespace {

// The floats of a heat map hardly compress (a stretched grid: to 60 to 90%); level 6 gains half a percent of that.
constexpr int kLevel = 1;
constexpr int kRaw = -MAX_WBITS;  // neither a header nor a sum: those are of the whole
constexpr int kMemory = 8;
constexpr std::size_t kBlockBytes = std::size_t{1} << 20U;  // what blocks lose by not looking at each other is nothing

/// RFC 1952: deflate, no flags, no time, the fastest level, Unix.
constexpr std::array<unsigned char, 10> kHeader{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3};

struct Block {
  std::vector<Bytef> deflated;
  std::uint32_t crc = 0;
};

/// A part of a deflate stream that refers to nothing before it, and ends on a whole byte.
Block compress(std::span<const std::byte> bytes, bool last) {
  z_stream deflater{};
  if (deflateInit2(&deflater, kLevel, Z_DEFLATED, kRaw, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw Error(ErrorCode::internal, "zlib: deflateInit2 failed");
  }
  const auto* input = reinterpret_cast<const Bytef*>(bytes.data());
  const auto size = static_cast<uInt>(bytes.size());
  constexpr uLong kEndOfBlock = 16;  // of a flush, which deflateBound() does not count
  Block block{.deflated = std::vector<Bytef>(deflateBound(&deflater, size) + kEndOfBlock), .crc = 0};
  block.crc = static_cast<std::uint32_t>(crc32(0, input, size));
  deflater.next_in = const_cast<Bytef*>(input);  // zlib does not write to what it reads
  deflater.avail_in = size;
  deflater.next_out = block.deflated.data();
  deflater.avail_out = static_cast<uInt>(block.deflated.size());
  const int status = deflate(&deflater, last ? Z_FINISH : Z_SYNC_FLUSH);
  const bool whole = deflater.avail_in == 0 && deflater.avail_out > 0 && status == (last ? Z_STREAM_END : Z_OK);
  block.deflated.resize(block.deflated.size() - deflater.avail_out);
  deflateEnd(&deflater);
  if (!whole) throw Error(ErrorCode::internal, "zlib: deflate failed");
  return block;
}

template <typename Bytes>
void put(std::ostream& out, const Bytes& bytes) {
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

GzipStream::GzipStream(std::ostream& out, int threads)
    : out_(out), threads_(static_cast<std::size_t>(std::max(threads, 1))) {
  put(out_, kHeader);
}

void GzipStream::write(std::span<const std::byte> bytes) {
  const std::size_t most = threads_ * kBlockBytes;
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(bytes.size(), most - waiting_.size()));
    waiting_.insert(waiting_.end(), part.begin(), part.end());
    bytes = bytes.subspan(part.size());
    if (waiting_.size() == most) flush(false);
  }
}

void GzipStream::finish() { flush(true); }

void GzipStream::flush(bool all) {
  std::vector<std::future<Block>> blocks;
  std::vector<std::size_t> sizes;
  std::span<const std::byte> rest(waiting_);
  do {
    const auto part = rest.first(std::min(rest.size(), kBlockBytes));
    rest = rest.subspan(part.size());
    const bool last = all && rest.empty();
    sizes.push_back(part.size());
    blocks.push_back(std::async(std::launch::async, [part, last] { return compress(part, last); }));
  } while (!rest.empty());
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const Block block = blocks[i].get();
    put(out_, block.deflated);
    crc_ = static_cast<std::uint32_t>(crc32_combine(crc_, block.crc, static_cast<z_off_t>(sizes[i])));
    size_ += static_cast<std::uint32_t>(sizes[i]);
  }
  waiting_.clear();
  if (!all) return;
  std::array<unsigned char, 8> trailer{};
  for (std::size_t i = 0; i < 4; ++i) {
    trailer.at(i) = static_cast<unsigned char>(crc_ >> (8 * i));
    trailer.at(4 + i) = static_cast<unsigned char>(size_ >> (8 * i));
  }
  put(out_, trailer);
}

}  // namespace fovea::io
