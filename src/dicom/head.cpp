#include "dicom/head.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "dicom/dicom_reader.hpp"
#include "fovea/error.hpp"
#include "fovea/series.hpp"
#include "io/file.hpp"

namespace fovea::dicom {
namespace {

namespace fs = std::filesystem;

/// Bytes that are read first, which most files' attributes fit in, and at most.
constexpr std::size_t kFirst = std::size_t{1} << 14, kMost = std::size_t{1} << 28;

/// The first `count` bytes; fewer when reading ends.
std::shared_ptr<std::vector<std::byte>> read_first(std::ifstream& in, std::size_t count) {
  auto bytes = std::make_shared<std::vector<std::byte>>(count);
  in.clear();
  in.seekg(0);
  in.read(reinterpret_cast<char*>(bytes->data()), static_cast<std::streamsize>(count));
  bytes->resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

std::span<const std::uint8_t> view_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace

std::unique_ptr<Dataset> read_head(const fs::path& path, std::size_t max_inflated) {
  std::size_t size = 0;
  auto in = io::open_file(path, &size);
  const auto most = std::min(size, kMost);
  for (std::size_t count = std::min(kFirst, most);; count = std::min(count * 4, most)) {
    const auto bytes = read_first(in, count);
    if (bytes->size() != count) throw Error(ErrorCode::io, "cannot read " + path.string() + ": it ends early");
    if (!has_dicom_mark(view_of(*bytes)) && !begins_like_dicom(view_of(*bytes))) {
      throw Error(ErrorCode::unsupported, path.string() + ": no DICOM file, by its first bytes");
    }
    try {
      auto file = std::make_unique<Dataset>(bytes, path.string(), max_inflated, size);
      if (file->pixels() || count == most) return file;
    } catch (const Error& e) {
      // The attributes may go on behind what was read.
      if (e.code() != ErrorCode::corrupt || count == most) throw;
    }
  }
}

}  // namespace fovea::dicom

namespace fovea {

bool is_dicom_file(const std::filesystem::path& path) noexcept try {
  std::size_t size = 0;
  auto in = io::open_file(path, &size);
  return dicom::has_dicom_mark(dicom::view_of(*dicom::read_first(in, 132)));
} catch (const std::exception&) {
  return false;
}

}  // namespace fovea
