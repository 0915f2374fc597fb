/// Decodes DICOM files for bench/dicom-speed, which measures a peer in the same run: for every path that it reads from
/// stdin, a line, it reads that file, decodes the stored values of all frames in one thread, and prints the seconds
/// that this took and the bytes of the values, or "error" and the message.
///
/// Usage: fovea_bench_dicom < PATHS
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>

#include "dicom/dataset.hpp"
#include "dicom/pixel_reader.hpp"
#include "fovea/error.hpp"
#include "fovea/loader.hpp"

namespace {

/// @returns bytes of the values of all frames.
std::size_t decode(const std::string& path) {
  const fovea::LoadOptions options;
  const fovea::dicom::Dataset file(fovea::read_bytes(path), path, options.max_inflated_bytes);
  const fovea::dicom::PixelReader reader(file, options.max_pixels);
  std::size_t bytes = 0;
  for (int frame = 0; frame < reader.module().frames; ++frame) bytes += reader.read(frame).values.size();
  return bytes;
}

}  // namespace

int main() {
  std::string path;
  while (std::getline(std::cin, path)) {
    try {
      const auto begin = std::chrono::steady_clock::now();
      const auto bytes = decode(path);
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
      std::printf("%.9f %zu\n", seconds.count(), bytes);
    } catch (const fovea::Error& e) {
      std::printf("error %s\n", e.what());
    }
    std::fflush(stdout);
  }
  return 0;
}
