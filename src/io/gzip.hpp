/// @file Bytes written through gzip.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <vector>

namespace fovea::io {

/// Compresses what it is given into a stream, as one gzip member without name and time. Blocks are compressed each for
/// itself, several at once: the same bytes give the same file, whatever the number of threads. What was written is
/// whole only after finish().
class GzipStream {
 public:
  /// @param out outlives this object
  /// @param threads compress blocks at once, 1 or more
  explicit GzipStream(std::ostream& out, int threads = 1);

  void write(std::span<const std::byte> bytes);
  void finish();

 private:
  /// Compresses all whole blocks that wait; with `all`, also the rest.
  void flush(bool all);

  std::ostream& out_;
  std::size_t threads_;
  std::vector<std::byte> waiting_;
  std::uint32_t crc_ = 0;
  std::uint32_t size_ = 0;  ///< of what was compressed, modulo 2^32
};

}  // namespace fovea::io
