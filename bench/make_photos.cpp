/// Makes the benchmark's photos from a folder of sample photos: crops of them, none the same, resized and written as
/// JPEG of quality 90. What the pictures show does not matter to the time a caption takes, their sizes do.
///
/// Usage: fovea_bench_photos SAMPLES OUT COUNT WIDTH HEIGHT
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "fovea/error.hpp"
#include "fovea/loader.hpp"
#include "image/resize.hpp"
#include "io/image_writer.hpp"

namespace {

fovea::Image random_crop(const fovea::Image& photo, std::mt19937& random) {
  const auto between = [&](int low, int high) { return low + static_cast<int>(random() % (high - low + 1)); };
  fovea::Image crop;
  crop.width = between(photo.width / 2, photo.width);
  crop.height = between(photo.height / 2, photo.height);
  const int left = between(0, photo.width - crop.width);
  const int top = between(0, photo.height - crop.height);
  const auto row_bytes = static_cast<std::size_t>(crop.width) * 3;
  crop.pixels.resize(row_bytes * static_cast<std::size_t>(crop.height));
  for (int y = 0; y < crop.height; ++y) {
    const auto from =
        (static_cast<std::size_t>(top + y) * static_cast<std::size_t>(photo.width) + static_cast<std::size_t>(left)) *
        3;
    std::memcpy(crop.pixels.data() + static_cast<std::size_t>(y) * row_bytes, photo.pixels.data() + from, row_bytes);
  }
  return crop;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 6) {
    std::fputs("Usage: fovea_bench_photos SAMPLES OUT COUNT WIDTH HEIGHT\n", stderr);
    return 2;
  }
  const std::filesystem::path out = argv[2];
  const int count = std::atoi(argv[3]), width = std::atoi(argv[4]), height = std::atoi(argv[5]);
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    if (entry.path().extension() == ".jpg") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) throw fovea::Error(fovea::ErrorCode::usage, std::string(argv[1]) + " has no .jpg");
  std::vector<fovea::Image> photos;
  for (const auto& file : files) photos.push_back(fovea::load_image(file));

  std::filesystem::create_directories(out);
  std::mt19937 random(1);
  for (int i = 0; i < count; ++i) {
    const auto crop = random_crop(photos[static_cast<std::size_t>(i) % photos.size()], random);
    char name[32];
    std::snprintf(name, sizeof name, "%06d.jpg", i);
    fovea::io::write_jpeg(out / name, fovea::image::resize(crop, width, height, fovea::image::Filter::bicubic), 90);
  }
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "fovea_bench_photos: %s\n", e.what());
  return 1;
}
