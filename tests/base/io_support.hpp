/// @file What the tests of the loaders share.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "fovea/error.hpp"
#include "fovea/loader.hpp"
#include "io/safetensors.hpp"

namespace fovea::test {

inline const std::filesystem::path kImageFolder = FOVEA_TEST_DATA_DIR "/io/images";

/// One file of tests/data/io/images and what tests/reference/make_io_goldens.py says of it.
struct GoldenFile {
  std::string name;
  std::string format;
  int frames = 0;
  int orientation = 0;
  int tolerance = 0;  // levels
};

inline std::vector<GoldenFile> golden_files() {
  const io::SafetensorsFile goldens(kImageFolder / "goldens.safetensors");
  std::vector<GoldenFile> files;
  for (const auto& [name, line] : goldens.metadata()) {
    GoldenFile file;
    file.name = name;
    std::istringstream(line) >> file.format >> file.frames >> file.orientation >> file.tolerance;
    files.push_back(file);
  }
  return files;
}

inline Bytes to_bytes(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return std::make_shared<std::vector<std::byte>>(begin, begin + text.size());
}

/// The code of the Error that `action` throws, or nothing; any other exception is the test's failure.
template <typename Action>
std::optional<ErrorCode> error_of(Action&& action, std::string* message = nullptr) {
  try {
    action();
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    return error.code();
  }
  return std::nullopt;
}

inline void read_all_frames(const Bytes& bytes, const std::string& name, const LoadOptions& options = {}) {
  const auto reader = open_frames(bytes, name, options);
  for (int frame = 1; frame <= reader->frame_count(); ++frame) reader->read(frame);
}

}  // namespace fovea::test
