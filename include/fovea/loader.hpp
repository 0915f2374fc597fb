/// @file Loaders: bytes in, frames out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/dicom.hpp"
#include "fovea/image.hpp"
#include "fovea/scan.hpp"

namespace fovea {

/// How an input is read.
struct LoadOptions {
  /// A frame of more pixels (width * height) is refused before its pixels are read.
  std::uint64_t max_pixels = 256'000'000;
  /// 0: full resolution. Else JPEGs may be decoded at 1/2, 1/4 or 1/8 while both sides stay at least this long.
  int min_side = 0;
  DisplayOptions display{};  ///< DICOM: how values are brought to 8 bits
  /// DICOM: a deflated data set of more bytes is refused.
  std::size_t max_inflated_bytes = std::size_t{512} << 20;
};

/// The bytes of one input, shared between the loader and whoever hashes them.
using Bytes = std::shared_ptr<const std::vector<std::byte>>;

/// Reads the frames of one input, one at a time. Frames count from 1.
class FrameReader {
 public:
  virtual ~FrameReader() = default;
  /// Name of the format found in the bytes (never the file name's): "jpeg", "png", "tiff", "webp", "bmp", "pnm", "gif",
  /// "dicom".
  virtual std::string_view format() const = 0;
  /// Number of frames: the pages of a TIFF, the frames of a DICOM file, else 1.
  virtual int frame_count() const = 0;
  /// Whether all frames are known to be grey: R = G = B in every pixel.
  virtual bool is_grey() const { return false; }
  /// Decodes frame `frame` (1 to frame_count()).
  /// @throws Error: corrupt for truncated or damaged data, unsupported, usage for a frame that is not there.
  virtual Image read(int frame) = 0;
  /// DICOM: what the file says of frame `frame` (1 to frame_count()), whose pixels are not decoded for it.
  /// @throws Error: usage for a frame that is not there.
  virtual std::optional<Scan> scan([[maybe_unused]] int frame) { return std::nullopt; }
};

/// Opens an input from memory; the format is told from the bytes. `name` is used in messages only.
/// @throws Error: corrupt (empty, damaged), unsupported (unknown format, more than max_pixels).
std::unique_ptr<FrameReader> open_frames(Bytes bytes, const std::string& name, const LoadOptions& options = {});

/// Reads a whole file into memory.
/// @throws Error: io.
Bytes read_bytes(const std::filesystem::path& path);

/// Opens a file and decodes its first frame.
Image load_image(const std::filesystem::path& path, const LoadOptions& options = {});

}  // namespace fovea
