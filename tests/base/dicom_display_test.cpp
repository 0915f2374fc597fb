/// From stored values to levels, by hand-made cases of PS3.3.
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/io_support.hpp"
#include "dicom/dataset.hpp"
#include "dicom/display.hpp"
#include "dicom/pixel_reader.hpp"
#include "dicom_maker.hpp"

namespace fovea::dicom {
namespace {

using test::DicomMaker;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kExplicit = "1.2.840.10008.1.2.1";

Image show(const DicomMaker& maker, const DisplayOptions& options = {}) {
  const Dataset file(maker.file(kExplicit), "test.dcm", 1000);
  return render(file, PixelReader(file, 1000).read(0), 0, options);
}

std::vector<int> levels(const DicomMaker& maker, const DisplayOptions& options = {}) {
  std::vector<int> result;
  const auto image = show(maker, options);
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    EXPECT_EQ(image.pixels[i], image.pixels[i + 1]);
    EXPECT_EQ(image.pixels[i], image.pixels[i + 2]);
    result.push_back(image.pixels[i]);
  }
  return result;
}

/// One row of grey 16-bit values; `between` writes what lies between the pixel module and the pixel data.
template <typename Between>
DicomMaker row(const std::vector<std::uint16_t>& values, bool is_signed, Between between,
               const char* photometric = "MONOCHROME2", int bits_stored = 16) {
  DicomMaker maker;
  maker.grey(1, static_cast<int>(values.size()), 16, bits_stored, is_signed, photometric);
  between(maker);
  maker.words(0x7FE00010, "OW", values);
  return maker;
}

void nothing(DicomMaker&) {}

auto window(const char* centre, const char* width, const char* function = nullptr) {
  return [=](DicomMaker& maker) {
    maker.text(0x00281050, "DS", centre).text(0x00281051, "DS", width);
    if (function != nullptr) maker.text(0x00281056, "CS", function);
  };
}

TEST(DicomDisplay, WithoutAWindowTheWholeRangeIsShown) {
  EXPECT_THAT(levels(row({100, 200, 300}, false, nothing)), ElementsAre(0, 128, 255));
  EXPECT_THAT(levels(row({0xFFFF, 0, 1}, true, nothing)), ElementsAre(0, 128, 255)) << "signed: -1, 0, 1";
  EXPECT_THAT(levels(row({7, 7, 7}, false, nothing)), ElementsAre(0, 0, 0));
  EXPECT_THAT(levels(row({100, 200, 300}, false, nothing, "MONOCHROME1")), ElementsAre(255, 127, 0));
}

TEST(DicomDisplay, PaddingIsNoPartOfTheRange) {
  EXPECT_THAT(levels(row({0, 100, 200, 300}, false, [](DicomMaker& m) { m.number(0x00280120, 0); })),
              ElementsAre(0, 0, 128, 255));
  EXPECT_THAT(
      levels(row({0, 5, 100, 200}, false, [](DicomMaker& m) { m.number(0x00280120, 0).number(0x00280121, 10); })),
      ElementsAre(0, 0, 0, 255));
}

TEST(DicomDisplay, WindowsByTheirFunctions) {
  // Linear: from centre - 0.5 - (width - 1) / 2 to centre - 0.5 + (width - 1) / 2.
  EXPECT_THAT(levels(row({0, 50, 99, 100, 200}, false, window("50", "100"))), ElementsAre(0, 129, 255, 255, 255));
  EXPECT_THAT(levels(row({0, 50, 99, 100}, false, window("50", "100", "LINEAR_EXACT"))), ElementsAre(0, 128, 252, 255));
  EXPECT_THAT(levels(row({0, 50, 100}, false, window("50", "100", "SIGMOID"))), ElementsAre(30, 128, 225));
  EXPECT_THAT(levels(row({9, 10, 11}, false, window("10", "1"))), ElementsAre(0, 255, 255));
  EXPECT_THAT(levels(row({0, 50, 99}, false, window("50", "100"), "MONOCHROME1")), ElementsAre(255, 126, 0));
  for (const char* width : {"0", "-5", "wide"}) {
    EXPECT_THAT(levels(row({100, 200, 300}, false, window("50", width))), ElementsAre(0, 128, 255)) << width;
  }
}

TEST(DicomDisplay, RescaleComesBeforeTheWindow) {
  const auto rescaled = [](DicomMaker& maker) {
    maker.text(0x00281050, "DS", "0").text(0x00281051, "DS", "101");
    maker.text(0x00281052, "DS", "-1024").text(0x00281053, "DS", "0.5");
  };
  EXPECT_THAT(levels(row({1900, 2048, 2148, 3000}, false, rescaled)), ElementsAre(0, 129, 255, 255));
}

TEST(DicomDisplay, LookUpTables) {
  const auto voi = [](DicomMaker& maker) {
    DicomMaker item;
    item.words(0x00283002, "US", {4, 10, 8}).words(0x00283006, "US", {0, 51, 102, 255});
    maker.text(0x00281050, "DS", "0").text(0x00281051, "DS", "1").sequence(0x00283010, item);
  };
  EXPECT_THAT(levels(row({0, 10, 11, 12, 13, 99}, false, voi)), ElementsAre(0, 0, 51, 102, 255, 255));
  const auto modality = [](DicomMaker& maker) {
    DicomMaker item;
    item.words(0x00283002, "US", {3, 0, 16}).words(0x00283006, "US", {500, 0, 1000});
    maker.sequence(0x00283000, item);
  };
  EXPECT_THAT(levels(row({0, 1, 2}, false, modality)), ElementsAre(128, 0, 255));
}

TEST(DicomDisplay, WhatIsAskedForGoesFirst) {
  const auto two = row({0, 50, 99}, false, window("50\\10", "100\\2"));
  EXPECT_THAT(levels(two), ElementsAre(0, 129, 255));
  EXPECT_THAT(levels(two, {.window_index = 2}), ElementsAre(0, 255, 255));
  EXPECT_THAT(levels(two, {.window = Window{.centre = 500, .width = 10}}), ElementsAre(0, 0, 0));
  std::string message;
  EXPECT_EQ(test::error_of([&] { levels(two, {.window_index = 3}); }, &message), ErrorCode::usage);
  EXPECT_THAT(message, HasSubstr("window 3 was asked for, but the file has 2"));
}

TEST(DicomDisplay, FunctionalGroupsRescaleAndHaveWindows) {
  DicomMaker maker;
  maker.grey(1, 3, 16, 16, false);
  DicomMaker shared, rescale, voi;
  rescale.text(0x00281052, "DS", "-1000").text(0x00281053, "DS", "1");
  voi.text(0x00281050, "DS", "50").text(0x00281051, "DS", "100");
  shared.sequence(0x00289132, voi).sequence(0x00289145, rescale);
  maker.sequence(0x52009229, shared).words(0x7FE00010, "OW", {1000, 1050, 1200});
  EXPECT_THAT(levels(maker), ElementsAre(0, 64, 255));
  EXPECT_THAT(levels(maker, {.window_index = 1}), ElementsAre(0, 129, 255));
}

TEST(DicomDisplay, BitsAboveTheStoredOnesAreNotShown) {
  EXPECT_THAT(levels(row({0x1000, 0x2064, 0x30C8}, false, nothing, "MONOCHROME2", 12)), ElementsAre(0, 128, 255));
}

DicomMaker palette(bool segmented) {
  DicomMaker maker;
  maker.grey(1, 3, 8, 8, false, "PALETTE COLOR");
  for (std::uint32_t tag = 0x00281101; tag <= 0x00281103; ++tag) maker.words(tag, "US", {3, 0, 16});
  for (std::uint32_t channel = 0; channel < 3; ++channel) {
    const auto v = static_cast<std::uint16_t>(0x1000 * (channel + 1));
    if (segmented) {  // one value, then a line of two steps to three times it
      maker.words(0x00281221 + channel, "OW", {0, 1, v, 1, 2, static_cast<std::uint16_t>(3 * v)});
    } else {
      maker.words(0x00281201 + channel, "OW",
                  {v, static_cast<std::uint16_t>(2 * v), static_cast<std::uint16_t>(3 * v)});
    }
  }
  maker.bytes(0x7FE00010, "OB", std::string("\0\1\2\0", 4));
  return maker;
}

TEST(DicomDisplay, PalettesPlainAndSegmented) {
  for (const bool segmented : {false, true}) {
    EXPECT_THAT(show(palette(segmented)).pixels, ElementsAre(0x10, 0x20, 0x30, 0x20, 0x40, 0x60, 0x30, 0x60, 0x90));
  }
  const auto without = row({1, 2, 3}, false, nothing, "PALETTE COLOR");
  EXPECT_EQ(test::error_of([&] { show(without); }), ErrorCode::corrupt);
}

DicomMaker colour(const char* photometric, int columns, const std::string& values) {
  DicomMaker maker;
  maker.number(0x00280002, 3).text(0x00280004, "CS", photometric).number(0x00280006, 0);
  maker.number(0x00280010, 1).number(0x00280011, static_cast<unsigned>(columns)).number(0x00280100, 8);
  maker.bytes(0x7FE00010, "OB", values);
  return maker;
}

TEST(DicomDisplay, Colours) {
  EXPECT_THAT(show(colour("RGB", 1, "\x01\x80\xFF ")).pixels, ElementsAre(1, 128, 255));
  // Red in full-range BT.601.
  EXPECT_THAT(show(colour("YBR_FULL", 1, "\x4C\x55\xFF ")).pixels, ElementsAre(254, 0, 0));
  EXPECT_THAT(show(colour("YBR_FULL_422", 2, "\x10\x20\x80\x80")).pixels, ElementsAre(16, 16, 16, 32, 32, 32));
  EXPECT_EQ(test::error_of([&] { show(colour("RGB", 1, "abc "), {.window = Window{}}); }), ErrorCode::usage);
  EXPECT_EQ(test::error_of([&] { show(colour("RGB", 1, "abc "), {.window_index = 1}); }), ErrorCode::usage);
}

}  // namespace
}  // namespace fovea::dicom
