// Files that are broken by accident or on purpose: they give an Error, never a crash, a picture with made-up parts or
// an allocation beyond the limit.
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io_support.hpp"

namespace fovea {
namespace {

using test::error_of;
using test::golden_files;
using test::kImageFolder;
using test::read_all_frames;
using test::to_bytes;

using Buffer = std::vector<std::byte>;

Bytes shared(Buffer buffer) { return std::make_shared<Buffer>(std::move(buffer)); }

class EachFile : public testing::TestWithParam<test::GoldenFile> {
 protected:
  const Buffer whole_ = *read_bytes(kImageFolder / GetParam().name);
};

std::vector<std::vector<std::uint8_t>> pixels_of(const Bytes& bytes, const std::string& name) {
  const auto reader = open_frames(bytes, name);
  std::vector<std::vector<std::uint8_t>> frames;
  for (int frame = 1; frame <= reader->frame_count(); ++frame) frames.push_back(reader->read(frame).pixels);
  return frames;
}

/// An error, or the whole picture where only padding or an end mark behind the pixels is missing.
TEST_P(EachFile, CutShortAnywhereIsNeverAPictureWithMadeUpParts) {
  const std::string& name = GetParam().name;
  const auto expected = pixels_of(shared(whole_), name);
  // Of a last number in ASCII one cannot see that it is cut short.
  const std::size_t last = whole_.size() - (name == "p2.pgm" || name == "p3.ppm" ? 3 : 1);
  const std::size_t step = std::max<std::size_t>(1, whole_.size() / 400);
  int refused = 0;
  for (std::size_t size = 0; size <= last; size += size + 20 > last ? 1 : step) {  // every byte near the end
    const Bytes cut = shared(Buffer(whole_.begin(), whole_.begin() + static_cast<std::ptrdiff_t>(size)));
    std::vector<std::vector<std::uint8_t>> pixels;
    const auto code = error_of([&] { pixels = pixels_of(cut, name); });
    if (code) {
      EXPECT_TRUE(code == ErrorCode::corrupt || code == ErrorCode::unsupported);
      ++refused;
    } else {
      EXPECT_TRUE(pixels == expected) << name << " cut to " << size << " of " << whole_.size() << " bytes";
      EXPECT_GE(size + 8, whole_.size());
    }
  }
  EXPECT_GT(refused, 50);
}

TEST_P(EachFile, FlippedBytesNeverCrash) {
  const std::string& name = GetParam().name;
  std::mt19937 random(static_cast<unsigned>(whole_.size()));
  for (int round = 0; round < 300; ++round) {
    Buffer broken = whole_;
    // Headers are at the front: half of the rounds break only these.
    const std::size_t reach = round % 2 == 0 ? broken.size() : std::min<std::size_t>(broken.size(), 80);
    for (int flip = 0; flip < 1 + round % 4; ++flip) {
      broken[random() % reach] = static_cast<std::byte>(random() & 255);
    }
    const auto code = error_of([&] { read_all_frames(shared(broken), name, {.max_pixels = 1'000'000}); });
    EXPECT_TRUE(!code || code == ErrorCode::corrupt || code == ErrorCode::unsupported) << name << " round " << round;
  }
}

TEST_P(EachFile, MoreThanMaxPixelsIsRefusedWithTheNumbers) {
  const test::GoldenFile& file = GetParam();
  const auto reader = open_frames(shared(whole_), file.name);
  const Image image = reader->read(1);
  const auto pixels = static_cast<std::uint64_t>(image.width) * image.height;
  std::string message;
  EXPECT_EQ(error_of([&] { open_frames(shared(whole_), file.name, {.max_pixels = pixels - 1})->read(1); }, &message),
            ErrorCode::unsupported);
  EXPECT_THAT(message, testing::HasSubstr(file.name));
  EXPECT_THAT(message, testing::HasSubstr(std::to_string(pixels - 1)));
  EXPECT_NO_THROW(open_frames(shared(whole_), file.name, {.max_pixels = pixels})->read(1));
}

std::string name_of(const testing::TestParamInfo<test::GoldenFile>& test) {
  std::string name = test.param.name;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Files, EachFile, testing::ValuesIn(golden_files()), name_of);

TEST(Hostile, EmptyAndForeignFilesAreToldApart) {
  EXPECT_EQ(error_of([] { open_frames(to_bytes(""), "empty.jpg"); }), ErrorCode::corrupt);
  EXPECT_EQ(error_of([] { open_frames(nullptr, "nothing.jpg"); }), ErrorCode::corrupt);
  std::string message;
  EXPECT_EQ(error_of([] { open_frames(to_bytes("Dear diary,\nPlease read me.\n"), "text.jpg"); }, &message),
            ErrorCode::unsupported);
  EXPECT_THAT(message, testing::StartsWith("text.jpg: "));
  EXPECT_EQ(error_of([] { open_frames(to_bytes("%PDF-1.4"), "document.png"); }), ErrorCode::unsupported);
}

/// Peak of the process's memory, in bytes.
std::size_t peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

/// `file` with the big- or little-endian number of `size` bytes at `offset` replaced.
Bytes with_number(const std::string& file, std::size_t offset, std::size_t size, bool big, std::uint32_t value) {
  Buffer bytes = *read_bytes(kImageFolder / file);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[offset + i] = static_cast<std::byte>(value >> 8 * (big ? size - 1 - i : i) & 255);
  }
  return shared(bytes);
}

TEST(Hostile, HugeDimensionsAreRefusedBeforeMemoryIsTaken) {
  const std::size_t before = peak_memory();
  const auto code_of = [](const Bytes& bytes) { return error_of([&] { open_frames(bytes, "huge")->read(1); }); };
  EXPECT_EQ(code_of(to_bytes("P6 2000000000 2000000000 255\n")), ErrorCode::unsupported);
  EXPECT_EQ(code_of(to_bytes("P6 99999999999999999999 1 255\n")), ErrorCode::corrupt);
  EXPECT_EQ(code_of(with_number("rgb.bmp", 18, 4, false, 0x7FFFFFFF)), ErrorCode::unsupported);
  EXPECT_EQ(code_of(with_number("rgb.bmp", 22, 4, false, 0x80000000)), ErrorCode::unsupported);  // top down, 2^31 rows
  EXPECT_EQ(code_of(with_number("plain.gif", 6, 4, false, 0xFFFFFFFF)), ErrorCode::unsupported);
  EXPECT_NE(code_of(with_number("rgb.png", 16, 4, true, 0x7FFFFFFF)), std::nullopt);  // its checksum is wrong, too
  // Within the limit of pixels, but with too few bytes to hold them.
  EXPECT_EQ(code_of(to_bytes("P6 15000 15000 255\n")), ErrorCode::corrupt);
  EXPECT_EQ(code_of(to_bytes("P1 15000 15000\n0 1 0")), ErrorCode::corrupt);
  EXPECT_EQ(code_of(with_number("rgb.bmp", 22, 4, false, 1'000'000)), ErrorCode::corrupt);
  EXPECT_LT(peak_memory() - before, 50'000'000U);
}

TEST(Hostile, ZeroDimensionsAreCorrupt) {
  for (const auto& bytes :
       {to_bytes("P5 0 4 255\n"), with_number("rgb.bmp", 18, 4, false, 0), with_number("plain.gif", 6, 2, false, 0)}) {
    EXPECT_EQ(error_of([&] { open_frames(bytes, "flat")->read(1); }), ErrorCode::corrupt);
  }
}

TEST(Hostile, AJpegOfEndlessScansIsRefused) {
  const Buffer whole = *read_bytes(kImageFolder / "progressive.jpg");
  const auto marker = [&](std::size_t from) {
    const std::array scan = {std::byte{0xFF}, std::byte{0xDA}};
    return std::search(whole.begin() + static_cast<std::ptrdiff_t>(from), whole.end(), scan.begin(), scan.end());
  };
  const auto first = marker(0);
  const auto second = marker(static_cast<std::size_t>(first - whole.begin()) + 2);
  ASSERT_NE(second, whole.end());
  Buffer repeated(whole.begin(), first);
  for (int i = 0; i < 200; ++i) repeated.insert(repeated.end(), first, second);
  repeated.insert(repeated.end(), first, whole.end());
  std::string message;
  EXPECT_EQ(error_of([&] { read_all_frames(shared(repeated), "scans.jpg"); }, &message), ErrorCode::corrupt);
  EXPECT_THAT(message, testing::HasSubstr("scans"));
}

TEST(Hostile, PagesBeforeATruncatedOneAreRead) {
  Buffer bytes = *read_bytes(kImageFolder / "pages.tif");
  bytes.resize(bytes.size() * 3 / 4);
  const auto reader = open_frames(shared(bytes), "pages.tif");
  ASSERT_GT(reader->frame_count(), 1);
  EXPECT_EQ(reader->read(1).width, 45);
  EXPECT_EQ(error_of([&] { reader->read(reader->frame_count()); }), ErrorCode::corrupt);
  EXPECT_EQ(reader->read(1).width, 45);  // an error does not spoil the reader
}

TEST(Hostile, NothingIsPrinted) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  for (const auto& file : golden_files()) {
    Buffer bytes = *read_bytes(kImageFolder / file.name);
    bytes.resize(bytes.size() * 2 / 3);
    EXPECT_NE(error_of([&] { read_all_frames(shared(bytes), file.name); }), std::nullopt) << file.name;
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace fovea
