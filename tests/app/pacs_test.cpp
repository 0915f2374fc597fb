/// Results of `fovea highlight` in a real PACS: Debian's Orthanc, asked through DICOMweb.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/highlight_fixture.hpp"
#include "dicom/pixel_reader.hpp"
#include "fovea/loader.hpp"
#include "fovea/scan_info.hpp"
#include "shell.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using tests::quoted;
using tests::run_shell;

// SOP classes
constexpr const char* kCt = "1.2.840.10008.5.1.4.1.1.2";
constexpr const char* kUltrasound = "1.2.840.10008.5.1.4.1.1.6.1";
constexpr const char* kCapture = "1.2.840.10008.5.1.4.1.1.7";
constexpr const char* kSegmentation = "1.2.840.10008.5.1.4.1.1.66.4";
constexpr const char* kMap = "1.2.840.10008.5.1.4.1.1.30";
constexpr const char* kReport = "1.2.840.10008.5.1.4.1.1.88.33";
constexpr const char* kState = "1.2.840.10008.5.1.4.1.1.11.1";

class Pacs : public tests::HighlightFixture {
 protected:
  void SetUp() override {
    const std::string smaller = "; HighlightDicom and DicomValidators are smaller tests";
    if (!fs::exists("/usr/sbin/Orthanc") || !fs::exists("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")) {
      GTEST_SKIP() << "no Orthanc with DICOMweb (packages orthanc, orthanc-dicomweb)" << smaller;
    }
    if (run_shell("unshare -rn true").status != 0) {
      GTEST_SKIP() << "no network namespace can be made here (unshare -rn)" << smaller;
    }
  }

  void write_slices() {
    for (int i = 0; i < 3; ++i) {
      write_scan("source/ct/" + std::to_string(i) + ".dcm", {.seed = static_cast<std::uint32_t>(i),
                                                             .sop_uid = "1.2.3." + std::to_string(i),
                                                             .position = "0\\0\\" + std::to_string(2 * i),
                                                             .spacing = "1\\1"});
    }
  }

  /// What is marked in each slice of a segmentation, whatever its segment: 0 or 255.
  static std::vector<std::vector<std::uint8_t>> masks_of(const fs::path& segmentation, std::size_t slices) {
    const dicom::Dataset file(read_bytes(segmentation), segmentation, std::size_t{1} << 28);
    const dicom::PixelReader reader(file, std::uint64_t{1} << 28);
    const auto frames = static_cast<std::size_t>(reader.module().frames);
    EXPECT_TRUE(slices > 0 && frames % slices == 0) << segmentation << ": " << frames << " frames of " << slices;
    std::vector<std::vector<std::uint8_t>> masks(slices);
    for (std::size_t i = 0; i < frames; ++i) {
      const auto values = reader.read(static_cast<int>(i)).values;
      auto& mask = masks.at(i * slices / frames);
      mask.resize(values.size());
      for (std::size_t k = 0; k < values.size(); ++k) mask[k] |= static_cast<std::uint8_t>(values[k] * 255);
    }
    return masks;
  }

  /// The mask of a frame, by its folder in out/.
  std::vector<std::uint8_t> mask_png(const fs::path& folder) const {
    const Image image = load_image(folder / "mask.png");
    std::vector<std::uint8_t> mask;
    for (std::size_t i = 0; i < image.pixels.size(); i += 3) mask.push_back(image.pixels[i]);
    return mask;
  }

  /// Folders in out/ of the frames that a segmentation there is of, in its order.
  std::vector<fs::path> frames_of(const fs::path& segmentation) const {
    const auto folder = segmentation.parent_path();
    if (folder.filename() != "series") return {folder};
    const json series = json::parse(tests::read_text(folder / "series.json"));
    std::vector<fs::path> frames;
    for (const auto& slice : series["slices"]) {
      const auto input = fs::weakly_canonical(folder_ / "out" / slice["input"].get<std::string>());
      frames.push_back(folder_ / "out" / input.lexically_relative(folder_ / "retrieved"));
    }
    return frames;
  }
};

TEST_F(Pacs, ResultsAreFoundByStudyAndSegmentationsComeBackEqual) {
  write_slices();
  const auto made = run_shell(FOVEA_SAMPLE_SCANS " " + quoted(fs::path(FOVEA_SOURCE_DIR) / "samples/scans") + " " +
                              quoted(folder_ / "source/us"));
  ASSERT_EQ(made.status, 0) << made.text;
  const auto trip =
      run_shell("unshare -rn /usr/bin/python3 " FOVEA_SOURCE_DIR "/tests/app/pacs_round_trip.py " FOVEA_CLI " " +
                quoted(folder_ / "model") + " " + quoted(folder_.path()));
  ASSERT_EQ(trip.status, 0) << trip.text;

  // Found by study: the source and all its results, a Parametric Map where there is a Frame of Reference.
  const json found = json_of("found.json");
  EXPECT_THAT(found, SizeIs(5));
  for (const auto& [study, objects] : found.items()) {
    std::map<std::string, std::size_t> counts;
    for (const auto& [sop_class, instances] : objects.items()) counts[sop_class] = instances.size();
    using Count = std::pair<const std::string, std::size_t>;
    if (study == "1.2.8") {
      EXPECT_THAT(counts, UnorderedElementsAre(Count{kCt, 3}, Count{kCapture, 3}, Count{kSegmentation, 1},
                                               Count{kMap, 1}, Count{kReport, 3}, Count{kState, 3}));
    } else {
      EXPECT_THAT(counts, UnorderedElementsAre(Count{kUltrasound, 1}, Count{kCapture, 1}, Count{kSegmentation, 1},
                                               Count{kReport, 1}, Count{kState, 1}));
    }
  }

  int compared = 0;
  std::size_t marked = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "out")) {
    if (entry.path().filename() != "seg.dcm") continue;
    const auto uid = describe_scan(entry.path()).scan.identity.sop_uid;
    const auto frames = frames_of(entry.path());
    const auto masks = masks_of(folder_ / "back" / (uid + ".dcm"), frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      EXPECT_EQ(masks[i], mask_png(frames[i])) << frames[i];
      marked += static_cast<std::size_t>(std::ranges::count(masks[i], 255));
      ++compared;
    }
  }
  EXPECT_EQ(compared, 7) << "four ultrasound images, three slices";
  EXPECT_GT(marked, 0U) << "masks without a mark show little";
}

}  // namespace
}  // namespace fovea
