#include <png.h>

#include <cmath>
#include <cstring>

#include <gmock/gmock.h>

#include "app/temp_folder.hpp"
#include "base/io_support.hpp"
#include "fovea/error.hpp"
#include "io/map_writer.hpp"
#include "io/npy.hpp"

namespace fovea::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Floats = std::vector<float>;
using Mask = std::vector<std::uint8_t>;

/// The message of the Error of this code that `action` throws.
template <typename Action>
std::string refusal(ErrorCode code, Action&& action) {
  std::string message = "accepted";
  EXPECT_EQ(test::error_of(action, &message), code);
  return message;
}

TEST(MapWriter, RefusesWhatIsNoMapAndLeavesNoFile) {
  const tests::TempFolder folder;
  const auto file = folder / "map.png";
  const auto heat_map = [&](const Floats& values, int width, int height) {
    return refusal(ErrorCode::internal, [&] { write_heat_map_png(file, values, width, height); });
  };
  EXPECT_THAT(heat_map({}, 0, 0), HasSubstr("0 x 0 has 0 values"));
  EXPECT_THAT(heat_map({0, 0, 0}, 2, 2), HasSubstr("2 x 2 has 3 values"));
  EXPECT_THAT(heat_map({0, 0, 0, 0}, -2, -2), HasSubstr("-2 x -2"));
  EXPECT_THAT(heat_map({0, NAN}, 2, 1), HasSubstr("value 1 of a heat map is nan"));
  EXPECT_THAT(heat_map({0, 1.01F}, 2, 1), HasSubstr("expected 0 to 1"));
  EXPECT_THAT(refusal(ErrorCode::internal, [&] { write_mask_png(file, Mask(3), 2, 2); }), HasSubstr("3 values"));
  EXPECT_THAT(refusal(ErrorCode::internal, [&] { write_npy(file, Floats(3), 2, 2); }), HasSubstr("3 values"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  const auto nowhere = folder / "none" / "map.png";
  EXPECT_THAT(refusal(ErrorCode::io, [&] { write_mask_png(nowhere, Mask(4), 2, 2); }), HasSubstr("cannot write"));
}

/// Size, bits, channels and samples of a PNG file, by libpng alone.
struct PngFile {
  int width = 0;
  int height = 0;
  int bits = 0;
  int colour_type = 0;
  std::vector<int> samples;

  explicit PngFile(const std::filesystem::path& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, file);
    png_read_png(png, info, PNG_TRANSFORM_IDENTITY, nullptr);
    width = static_cast<int>(png_get_image_width(png, info));
    height = static_cast<int>(png_get_image_height(png, info));
    bits = png_get_bit_depth(png, info);
    colour_type = png_get_color_type(png, info);
    png_bytepp rows = png_get_rows(png, info);
    for (int y = 0; y < height; ++y) {
      const png_byte* sample = rows[y];
      for (int x = 0; x < width; ++x, sample += bits / 8) {
        samples.push_back(bits == 16 ? sample[0] * 256 + sample[1] : sample[0]);
      }
    }
    png_destroy_read_struct(&png, &info, nullptr);
    std::fclose(file);
  }
};

TEST(MapWriter, HeatMapsAreGreyOfSixteenBits) {
  const tests::TempFolder folder;
  write_heat_map_png(folder / "map.png", Floats{0, 1, 0.5F, 1.0F / 65535, 0.4F / 65535, -0.0F}, 3, 2);
  const PngFile read(folder / "map.png");
  EXPECT_EQ(read.width, 3);
  EXPECT_EQ(read.height, 2);
  EXPECT_EQ(read.bits, 16);
  EXPECT_EQ(read.colour_type, PNG_COLOR_TYPE_GRAY);
  EXPECT_THAT(read.samples, ElementsAre(0, 65535, 32768, 1, 0, 0));
}

TEST(MapWriter, MasksAreBlackAndWhiteOfEightBits) {
  const tests::TempFolder folder;
  write_mask_png(folder / "mask.png", Mask{0, 1, 255, 0, 0, 7}, 2, 3);
  const PngFile read(folder / "mask.png");
  EXPECT_EQ(read.width, 2);
  EXPECT_EQ(read.bits, 8);
  EXPECT_EQ(read.colour_type, PNG_COLOR_TYPE_GRAY);
  EXPECT_THAT(read.samples, ElementsAre(0, 255, 255, 0, 0, 255));
}

std::string header_of(const std::vector<std::size_t>& shape) { return npy_header("<f4", shape); }

TEST(Npy, HeaderIsThatOfNumpy) {
  // As numpy.save writes it, but for the spaces that NumPy adds so that an array could grow in place.
  const std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 5), }";
  EXPECT_EQ(header_of({3, 5}).size(), 128);
  EXPECT_EQ(header_of({3, 5}),
            std::string("\x93NUMPY\x01\x00\x76\x00", 10) + text + std::string(128 - 10 - text.size() - 1, ' ') + "\n");
  EXPECT_THAT(header_of({7}), HasSubstr("'shape': (7,), }"));
  EXPECT_THAT(header_of({2, 3, 5, 3}), HasSubstr("'shape': (2, 3, 5, 3), }"));
  EXPECT_EQ(header_of({123456789, 123456789, 123456789, 123456789}).size() % 64, 0);
}

TEST(Npy, MapsAreReadBack) {
  const tests::TempFolder folder;
  const Floats values{0, 0.25F, 1, 1e-30F, 0.1F, 0.7F};
  write_npy(folder / "map.npy", values, 3, 2);
  const auto read = read_npy(folder / "map.npy");
  EXPECT_EQ(read.width, 3);
  EXPECT_EQ(read.height, 2);
  EXPECT_EQ(read.values, values);
}

TEST(Npy, RefusesDamagedAndForeignFiles) {
  const tests::TempFolder folder;
  const auto read = [&](ErrorCode code, const std::string& bytes) {
    const auto file = folder.write("map.npy", bytes);
    return refusal(code, [&] { read_npy(file); });
  };
  const std::string values(24, '\0');
  const std::string good = header_of({2, 3}) + values;
  EXPECT_EQ(read_npy(folder.write("good.npy", good)).values.size(), 6);
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_TRUE(read(ErrorCode::corrupt, good.substr(0, length)) != "accepted") << length;
  }
  EXPECT_THAT(read(ErrorCode::corrupt, good + "x"), HasSubstr("found 25 bytes of values, expected 24"));
  EXPECT_THAT(read(ErrorCode::corrupt, "PK\x03\x04 and so on"), HasSubstr("no .npy file"));
  EXPECT_THAT(read(ErrorCode::unsupported, npy_header("<f8", std::vector<std::size_t>{2, 3}) + values),
              HasSubstr("expected float32 in C order, found {'descr': '<f8'"));
  EXPECT_THAT(read(ErrorCode::unsupported, header_of({6}) + values), HasSubstr("two sides"));
  EXPECT_THAT(read(ErrorCode::unsupported, header_of({1, 2, 3}) + values), HasSubstr("two sides"));
  EXPECT_THAT(read(ErrorCode::unsupported, header_of({0, 3})), HasSubstr("two sides"));
  EXPECT_THAT(read(ErrorCode::unsupported, header_of({99999999999999, 3})), HasSubstr("two sides"));
  EXPECT_THAT(read(ErrorCode::corrupt, header_of({1000000, 1000000}) + values), HasSubstr("expected 4000000000000"));
  std::string fortran = good;
  fortran.replace(fortran.find("False"), 5, "True ");
  EXPECT_THAT(read(ErrorCode::unsupported, fortran), HasSubstr("C order"));
  EXPECT_THAT(refusal(ErrorCode::io, [&] { read_npy(folder / "none.npy"); }), HasSubstr("no such file"));
}

}  // namespace
}  // namespace fovea::io
