#include <cstdint>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/process.hpp"
#include "app/temp_folder.hpp"
#include "dicom_maker.hpp"
#include "fovea/loader.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::read_text;

class ConvertCommand : public ::testing::Test {
 protected:
  /// Two frames of 1 x 3 grey values.
  ConvertCommand() {
    test::DicomMaker maker;
    maker.grey(1, 3, 16, 16, true, "MONOCHROME2", 2).words(0x7FE00010, "OW", {0, 50, 99, 0xFFFF, 0, 1});
    const auto file = maker.file("1.2.840.10008.1.2.1");
    folder_.write("scan.dcm", {reinterpret_cast<const char*>(file->data()), file->size()});
  }

  tests::Outcome convert(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "convert");
    return tests::run_fovea(arguments, folder_.path());
  }

  tests::TempFolder folder_;
};

TEST_F(ConvertCommand, WritesWhatIsShown) {
  ASSERT_EQ(convert({"scan.dcm", "-o", "a.png"}).code, 0);
  EXPECT_THAT(load_image(folder_ / "a.png").pixels, ElementsAre(0, 0, 0, 129, 129, 129, 255, 255, 255));
  EXPECT_EQ(read_text(folder_ / "a.png")[25], 0) << "grey, by the header's colour type";
  ASSERT_EQ(convert({"scan.dcm", "-o", "b.png", "--frame", "2", "--window", "0,3"}).code, 0);
  EXPECT_THAT(load_image(folder_ / "b.png").pixels, ElementsAre(64, 64, 64, 191, 191, 191, 255, 255, 255));
  ASSERT_EQ(convert({"scan.dcm", "-o", "c.png", "--all-frames"}).code, 0);
  EXPECT_EQ(read_text(folder_ / "c-0001.png"), read_text(folder_ / "a.png"));
  EXPECT_TRUE(fs::exists(folder_ / "c-0002.png"));
}

TEST_F(ConvertCommand, WritesStoredValuesAsNumpyReadsThem) {
  ASSERT_EQ(convert({"scan.dcm", "-o", "a.npy", "--raw"}).code, 0);
  const auto npy = read_text(folder_ / "a.npy");
  ASSERT_EQ(npy.size(), 128 + 12U);
  EXPECT_EQ(npy.substr(0, 10), std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  EXPECT_THAT(npy, HasSubstr("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 1, 3), }"));
  EXPECT_EQ(npy[127], '\n');
  EXPECT_EQ(npy.substr(128), std::string("\0\0\x32\0\x63\0\xFF\xFF\0\0\1\0", 12));
}

TEST_F(ConvertCommand, SaysWhatIsWrong) {
  const auto outcome = convert({"scan.dcm", "-o", "a.png", "--frame", "3"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("frame 3 was asked for, but it has 2"));
  EXPECT_THAT(convert({"scan.dcm", "-o", "a.png", "--window-index", "1"}).err, HasSubstr("the file has 0"));
  ASSERT_EQ(convert({"scan.dcm", "-o", "photo.png"}).code, 0);
  EXPECT_THAT(convert({"photo.png", "-o", "a.npy", "--raw"}).err, HasSubstr("DICOM files only"));
  fs::resize_file(folder_ / "scan.dcm", fs::file_size(folder_ / "scan.dcm") - 4);
  EXPECT_THAT(convert({"scan.dcm", "-o", "b.npy", "--raw"}).err, HasSubstr("truncated DICOM file"));
  EXPECT_FALSE(fs::exists(folder_ / "b.npy"));
  EXPECT_FALSE(fs::exists(folder_ / "b.npy.partial"));
}

}  // namespace
}  // namespace fovea
