// Every kind of file against the pixels that Pillow reads from it.
#include <algorithm>
#include <cctype>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/resize.hpp"
#include "io/image_writer.hpp"
#include "io_support.hpp"

namespace fovea {
namespace {

using test::error_of;
using test::kImageFolder;

int largest_difference(const std::vector<std::uint8_t>& a, std::span<const std::byte> b) {
  int largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - std::to_integer<int>(b[i])));
  return largest;
}

double mean_difference(const Image& a, const Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

class Formats : public testing::TestWithParam<test::GoldenFile> {};

TEST_P(Formats, GiveThePixelsOfPillow) {
  const test::GoldenFile& file = GetParam();
  const io::SafetensorsFile goldens(kImageFolder / "goldens.safetensors");
  const auto reader = open_frames(read_bytes(kImageFolder / file.name), file.name);
  EXPECT_EQ(reader->format(), file.format);
  ASSERT_EQ(reader->frame_count(), file.frames);
  for (int frame = file.frames; frame >= 1; --frame) {  // pages can be read in any order
    const io::TensorView& expected = goldens.tensors().at(file.name + "#" + std::to_string(frame));
    const Image image = reader->read(frame);
    ASSERT_EQ(image.height, expected.shape[0]);
    ASSERT_EQ(image.width, expected.shape[1]);
    ASSERT_EQ(image.pixels.size(), expected.bytes.size());
    EXPECT_LE(largest_difference(image.pixels, expected.bytes), file.tolerance) << "frame " << frame;
    EXPECT_EQ(image.geometry.width, image.width);
    EXPECT_EQ(image.geometry.height, image.height);
    EXPECT_EQ(image.geometry.exif_orientation, file.orientation);
    EXPECT_EQ(image.geometry.scale_denominator, 1);
  }
  EXPECT_EQ(error_of([&] { reader->read(file.frames + 1); }), ErrorCode::usage);
  EXPECT_EQ(error_of([&] { reader->read(0); }), ErrorCode::usage);
}

std::string name_of(const testing::TestParamInfo<test::GoldenFile>& test) {
  std::string name = test.param.name;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Files, Formats, testing::ValuesIn(test::golden_files()), name_of);

/// A smooth picture, large enough to be scaled.
Image ramp(int width, int height) {
  Image image{.width = width, .height = height, .pixels = {}, .geometry = {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.pixels.push_back(static_cast<std::uint8_t>(x * 255 / width));
      image.pixels.push_back(static_cast<std::uint8_t>(y * 255 / height));
      image.pixels.push_back(static_cast<std::uint8_t>((x + y) * 255 / (width + height)));
    }
  }
  return image;
}

Bytes shared(std::vector<std::byte> bytes) { return std::make_shared<std::vector<std::byte>>(std::move(bytes)); }

TEST(ScaledDecoding, KeepsBothSidesAtLeastAsLongAsAsked) {
  const Image original = ramp(1000, 801);
  const Bytes jpeg = shared(io::encode_jpeg(original, 95));
  struct Case {
    int min_side;
    int denominator;
    int width;
    int height;
  };
  for (const auto& [min_side, denominator, width, height] :
       {Case{0, 1, 1000, 801}, Case{801, 1, 1000, 801}, Case{401, 1, 1000, 801}, Case{400, 2, 500, 401},
        Case{224, 2, 500, 401}, Case{200, 4, 250, 201}, Case{100, 8, 125, 101}, Case{1, 8, 125, 101}}) {
    const Image image = open_frames(jpeg, "ramp", {.min_side = min_side})->read(1);
    EXPECT_EQ(image.width, width) << min_side;
    EXPECT_EQ(image.height, height) << min_side;
    EXPECT_EQ(image.geometry.scale_denominator, denominator) << min_side;
    EXPECT_EQ(image.geometry.width, 1000);
    EXPECT_EQ(image.geometry.height, 801);
    EXPECT_LT(mean_difference(image, image::resize(original, width, height, image::Filter::bilinear)), 1.5);
  }
}

TEST(ScaledDecoding, GivesGeometryAfterTheTurn) {
  const Image image = open_frames(read_bytes(kImageFolder / "orientation6.jpg"), "turned", {.min_side = 10})->read(1);
  EXPECT_EQ(image.geometry.scale_denominator, 2);
  EXPECT_EQ(image.geometry.width, 30);
  EXPECT_EQ(image.geometry.height, 45);
  EXPECT_EQ(image.width, 15);
  EXPECT_EQ(image.height, 23);
}

TEST(ImageWriter, PngComesBackAsItWasAndJpegNearly) {
  const Image image = ramp(61, 47);
  EXPECT_EQ(open_frames(shared(io::encode_png(image)), "png")->read(1).pixels, image.pixels);
  const Image jpeg = open_frames(shared(io::encode_jpeg(image)), "jpeg")->read(1);
  EXPECT_LT(mean_difference(jpeg, image), 2.0);
  EXPECT_LT(io::encode_jpeg(image, 30).size(), io::encode_jpeg(image, 95).size());

  const auto path = std::filesystem::path(testing::TempDir()) / "fovea_writer_test.png";
  io::write_png(path, image);
  EXPECT_EQ(load_image(path).pixels, image.pixels);
  io::write_jpeg(path, image);
  EXPECT_EQ(open_frames(read_bytes(path), "jpeg")->format(), "jpeg");
  std::filesystem::remove(path);
}

TEST(ImageWriter, RefusesWhatItCannotWrite) {
  EXPECT_EQ(error_of([] { io::encode_png({}); }), ErrorCode::usage);
  EXPECT_EQ(error_of([] { io::encode_jpeg(ramp(4, 4), 101); }), ErrorCode::usage);
  EXPECT_EQ(error_of([] { io::encode_jpeg(ramp(70000, 1)); }), ErrorCode::usage);
  EXPECT_EQ(error_of([] { io::write_png("/nonexistent/folder/image.png", ramp(4, 4)); }), ErrorCode::io);
}

TEST(ReadBytes, SaysWhyAFileCannotBeRead) {
  std::string message;
  EXPECT_EQ(error_of([] { read_bytes(kImageFolder / "absent.png"); }, &message), ErrorCode::io);
  EXPECT_THAT(message, testing::HasSubstr("there is no such file"));
  EXPECT_EQ(error_of([] { read_bytes(kImageFolder); }, &message), ErrorCode::io);
  EXPECT_THAT(message, testing::HasSubstr("not a regular file"));
  EXPECT_EQ(error_of([] { load_image("/dev/zero"); }), ErrorCode::io);
}

}  // namespace
}  // namespace fovea
