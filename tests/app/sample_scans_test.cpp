/// What ./dev demo does with samples/scans: DICOM files are made of the pictures, and both are highlighted with the
/// shipped model.
#include <cmath>
#include <filesystem>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/highlight_fixture.hpp"
#include "fovea/loader.hpp"
#include "shell.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::quoted;
using tests::run_fovea;
using tests::run_shell;

const fs::path kScans = fs::path(FOVEA_SOURCE_DIR) / "samples/scans";

class SampleScans : public tests::HighlightFixture {
 protected:
  tests::ShellOutcome make_scans(const std::string& arguments) const {
    return run_shell("cd " + quoted(folder_.path()) + " && " FOVEA_SAMPLE_SCANS " " + arguments);
  }
};

TEST_F(SampleScans, WrongUseIsSaid) {
  EXPECT_THAT(make_scans("").text, HasSubstr("usage: fovea_sample_scans FOLDER OUT"));
  folder_.write("file", "text");
  for (const char* folder : {"none", "file"}) {
    const auto outcome = make_scans(std::string(folder) + " dicom");
    EXPECT_NE(outcome.status, 0);
    EXPECT_THAT(outcome.text, HasSubstr("expected a folder of pictures"));
  }
  EXPECT_THAT(make_scans("model dicom").text, HasSubstr("no pictures"));
  folder_.write("pictures/a.png", "no picture");
  EXPECT_THAT(make_scans("pictures dicom").text, HasSubstr("a.png"));
  for (int i = 0; i < 10; ++i) write_photo("photos/" + std::to_string(i) + ".png", 1);
  EXPECT_THAT(make_scans("photos dicom").text, HasSubstr("expected 1 to 9"));
}

/// What the shipped model makes of the samples is worth showing, and the same of a picture and of its DICOM file.
TEST_F(SampleScans, AreHighlightedWithTheShippedModel) {
  ASSERT_EQ(make_scans(quoted(kScans) + " dicom").status, 0);
  const auto model = (fs::path(FOVEA_SOURCE_DIR) / "models/highlight-breast-ultrasound").string();
  const auto outcome = run_fovea({"highlight", kScans.string(), "dicom", "--model", model, "-o", "out", "--dicom",
                                  "sc,seg,sr,gsps", "--outputs", "mask"},
                                 folder_.path());
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::map<std::string, json> found;
  for (const auto& record : records()) found[fs::path(record["input"].get<std::string>()).filename()] = record;
  ASSERT_THAT(found, SizeIs(8));
  for (const char* name : {"normal_133", "benign_024", "benign_339", "malignant_115"}) {
    SCOPED_TRACE(name);
    const json& picture = found[std::string(name) + ".webp"];
    const json& dicom = found[std::string(name) + ".dcm"];
    const bool normal = std::string(name).starts_with("normal");
    EXPECT_EQ(picture["label"] == "normal", normal) << picture;
    EXPECT_EQ(picture["regions"].empty(), normal) << picture["regions"];
    EXPECT_EQ(picture["unfamiliar"], false);
    EXPECT_NE(picture["caption"], nullptr);
    EXPECT_EQ(dicom["label"], picture["label"]);
    EXPECT_EQ(dicom["regions"].size(), picture["regions"].size());
    EXPECT_NEAR(dicom["anomaly_score"], picture["anomaly_score"], 0.02);
    EXPECT_THAT(dicom["refused"], IsEmpty());
    for (const char* file : {"sc", "seg", "sr", "gsps"}) {
      EXPECT_TRUE(exists("out/" + dicom["files"][file].get<std::string>())) << file;
    }
  }
}

}  // namespace
}  // namespace fovea
