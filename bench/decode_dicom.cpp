/// Decodes DICOM files for bench/dicom-speed, which measures a peer in the same run: for every path that it reads from
/// stdin, a line, it reads that file, decodes the stored values of all frames in one thread, and prints the seconds of
/// the processor that this took, the bytes of the values, and the transfer syntax, or "error" and the message.
///
/// Usage: fovea_bench_dicom < PATHS
#include <cstdio>
#include <ctime>
#include <iostream>
#include <string>

#include "dicom/dataset.hpp"
#include "dicom/pixel_reader.hpp"
#include "fovea/error.hpp"
#include "fovea/loader.hpp"

namespace {

struct Decoded {
  std::size_t bytes = 0;  ///< of the values of all frames
  std::string syntax;     ///< name and UID
};

Decoded decode(const std::string& path) {
  const fovea::LoadOptions options;
  const fovea::dicom::Dataset file(fovea::read_bytes(path), path, options.max_inflated_bytes);
  const fovea::dicom::PixelReader reader(file, options.max_pixels);
  Decoded decoded{.syntax = std::string(file.syntax().name) + " " + std::string(file.syntax().uid)};
  for (int frame = 0; frame < reader.module().frames; ++frame) decoded.bytes += reader.read(frame).values.size();
  return decoded;
}

}  // namespace

int main() {
  std::string path;
  while (std::getline(std::cin, path)) {
    try {
      const auto begin = std::clock();
      const auto decoded = decode(path);
      const auto seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
      std::printf("%.6f %zu %s\n", seconds, decoded.bytes, decoded.syntax.c_str());
    } catch (const fovea::Error& e) {
      std::printf("error %s\n", e.what());
    }
    std::fflush(stdout);
  }
  return 0;
}
