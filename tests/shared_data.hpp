/// @file Where tests find the shared data, which is too large or not free to be part of the repository.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace fovea::tests {

/// The shared folder: env FOVEA_SHARED_DIR, else "shared" beside the checkout. It need not be there: a test that wants
/// it skips itself when it is missing, and has a smaller twin on committed data.
inline std::filesystem::path shared_dir() {
  if (const char* folder = std::getenv("FOVEA_SHARED_DIR")) return folder;
  return std::filesystem::path(FOVEA_SOURCE_DIR).parent_path() / "shared";
}

}  // namespace fovea::tests
