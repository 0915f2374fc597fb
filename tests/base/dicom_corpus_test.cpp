/// The conformance corpus, which is not part of the repository. DicomFiles in dicom_files_test.cpp is the smaller test,
/// on files that it makes itself.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/io_support.hpp"
#include "dicom/dataset.hpp"
#include "dicom/display.hpp"
#include "dicom/pixel_reader.hpp"
#include "io/sha256.hpp"
#include "shared_data.hpp"

namespace fovea::dicom {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kMaxPixels = 256'000'000;
constexpr std::size_t kMaxInflated = std::size_t{512} << 20;

/// A file of the corpus, decoded.
struct Decoded {
  PixelModule module;
  std::string sha256;  ///< of the values of all frames
  Image display;       ///< of the first
};

Decoded decode(const fs::path& path) {
  const Dataset file(read_bytes(path), path.filename().string(), kMaxInflated);
  const PixelReader reader(file, kMaxPixels);
  Decoded decoded{.module = reader.module(), .sha256 = {}, .display = render(file, reader.read(0), 0, {})};
  io::Sha256 hash;
  for (int frame = 0; frame < reader.module().frames; ++frame) {
    const auto stored = reader.read(frame);
    hash.update(std::as_bytes(std::span(stored.values)));
  }
  decoded.sha256 = hash.hex_digest();
  return decoded;
}

/// Of one channel, as the reference has it of grey images.
std::string grey_sha256(const Image& image) {
  std::vector<std::uint8_t> grey;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) grey.push_back(image.pixels[i]);
  return io::sha256_hex(std::as_bytes(std::span(grey)));
}

/// The greatest difference between a display and every `step`-th row and column of it in a picture.
int greatest_difference(const Image& display, const Image& picture, int step) {
  const auto sampled = [step](int size) { return (size + step - 1) / step; };
  if (picture.width != sampled(display.width) || picture.height != sampled(display.height)) return 256;
  int greatest = 0;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const auto from_x = std::ptrdiff_t{x} * step, from_y = std::ptrdiff_t{y} * step;
      const auto* a = display.pixels.data() + 3 * (from_y * display.width + from_x);
      const auto* b = picture.pixels.data() + 3 * (static_cast<std::ptrdiff_t>(y) * picture.width + x);
      for (int c = 0; c < 3; ++c) greatest = std::max(greatest, std::abs(a[c] - b[c]));
    }
  }
  return greatest;
}

class DicomCorpus : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = tests::shared_dir() / "data" / "dicom";
    if (!fs::exists(folder_)) GTEST_SKIP() << "no shared data; DicomFiles is the smaller test";
    reference_ = json::parse(std::ifstream(folder_ / "reference.json"));
  }

  fs::path folder_;
  json reference_;
};

TEST_F(DicomCorpus, StoredValuesAndDisplayEqualTheReference) {
  int files = 0;
  std::map<std::string, int> decoded_files;
  for (const auto& [path, expected] : reference_.items()) {
    if (expected["kind"] == "hostile" || !expected["decode_ok"].get<bool>()) continue;
    SCOPED_TRACE(path);
    ++files;
    const bool lossy = expected["lossy"].get<bool>();
    Decoded decoded;
    ASSERT_NO_THROW(decoded = decode(folder_ / path));
    if (!lossy) {
      EXPECT_EQ(decoded.sha256, expected["pixels_raw"]["sha256"]);
    }
    if (!expected.contains("display") || expected["display"].is_null() || expected.contains("display_disputed"))
      continue;
    if (expected["png"].is_null()) {
      EXPECT_EQ(grey_sha256(decoded.display), expected["display"]["sha256"]);
      continue;
    }
    const auto picture = load_image(folder_ / "png" / expected["png"].get<std::string>());
    EXPECT_LE(greatest_difference(decoded.display, picture, expected["png_step"].get<int>()), lossy ? 3 : 1);
  }
  EXPECT_GT(files, 170);
}

TEST_F(DicomCorpus, WhatCannotBeDecodedIsAnErrorThatSaysWhy) {
  int files = 0;
  for (const auto& [path, expected] : reference_.items()) {
    if (expected["kind"] == "hostile" || expected["decode_ok"].get<bool>()) continue;
    SCOPED_TRACE(path);
    ++files;
    std::string message;
    const auto code = test::error_of([&, file = path] { decode(folder_ / file); }, &message);
    if (code) {
      EXPECT_THAT(message, testing::StartsWith(fs::path(path).filename().string() + ": "));
    }
  }
  EXPECT_GT(files, 20);
}

TEST_F(DicomCorpus, HostileFilesAreRefusedOrDecoded) {
  int refused = 0;
  for (const auto& [path, expected] : reference_.items()) {
    if (expected["kind"] != "hostile") continue;
    SCOPED_TRACE(path);
    const auto code = test::error_of([&, file = path] { decode(folder_ / file); });
    if (code) {
      EXPECT_TRUE(*code == ErrorCode::corrupt || *code == ErrorCode::unsupported);
    }
    if (expected.value("expect", "any") == "error") {
      EXPECT_TRUE(code.has_value());
      ++refused;
    }
  }
  EXPECT_GE(refused, 26);
}

}  // namespace
}  // namespace fovea::dicom
