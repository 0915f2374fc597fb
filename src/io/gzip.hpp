/// @file Bytes written through gzip.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <span>

namespace fovea::io {

/// Compresses what it is given into a stream, as one gzip member without name and time: the same bytes give the same
/// file. What was written is whole only after finish().
class GzipStream {
 public:
  /// @param out outlives this object
  explicit GzipStream(std::ostream& out);
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  void write(std::span<const std::byte> bytes);
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fovea::io
