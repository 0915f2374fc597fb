/// Results as other software sees them: dciodvfy (package dicom3tools), pydicom with highdicom, the programs of DCMTK.
/// Each test skips itself where its program is missing; the smaller tests of the same are those of
/// dicom_out_*_test.cpp.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/temp_folder.hpp"
#include "base/dicom_out_support.hpp"
#include "dicom/pixel_reader.hpp"
#include "dicom_out/deidentify.hpp"
#include "dicom_out/outline.hpp"
#include "dicom_out/parametric_map.hpp"
#include "dicom_out/presentation_state.hpp"
#include "dicom_out/report.hpp"
#include "dicom_out/secondary_capture.hpp"
#include "dicom_out/segmentation.hpp"
#include "fovea/error.hpp"
#include "shared_data.hpp"
#include "shell.hpp"

namespace fovea::dicom_out {
namespace {

namespace fs = std::filesystem;

using tests::has_program;
using tests::quoted;
using tests::run_shell;

/// Writes all kinds of results of a series into a folder: of its first frame, and of the whole.
void write_all(const fs::path& folder, const SeriesResult& series, const ResultContext& context) {
  fs::create_directories(folder);
  const auto& first = series.frames.front();
  write_secondary_capture(folder / "sc.dcm", first, make_picture(first.source->columns(), first.source->rows()), true,
                          context);
  write_report(folder / "sr.dcm", first, context);
  write_presentation_state(folder / "gsps.dcm", first, {}, context);
  write_segmentation(folder / "seg.dcm", series, SegmentationKind::binary, context);
  write_segmentation(folder / "seg-probability.dcm", series, SegmentationKind::fractional, context);
  try {
    write_parametric_map(folder / "pm.dcm", series, context);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported) << error.what();
  }
}

/// What dciodvfy calls errors in a file, but for faults of sources that results cannot but carry.
std::vector<std::string> errors_of(const fs::path& file) {
  static const std::vector<std::string> faults_of_sources{"same value as FrameOfReferenceUID",
                                                          "Illegal root for UID",
                                                          "is not multi-frame",
                                                          "is not unit vector",
                                                          "LookupTableData has wrong length",
                                                          "SliceThickness(0018,0050)> - Missing attribute"};
  std::vector<std::string> errors;
  std::istringstream lines(run_shell("dciodvfy -new " + quoted(file)).text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("Error")) continue;
    const bool known = std::ranges::any_of(faults_of_sources,
                                           [&](const auto& fault) { return line.find(fault) != std::string::npos; });
    if (!known) errors.push_back(line);
  }
  return errors;
}

struct Case {
  std::string name;
  SourceSpec spec;
  int count = 1;
};

/// Series, an enhanced image, colour without Frame of Reference, inverted grey, several character sets, no patient.
std::vector<Case> cases() {
  const std::string root = "2.25.201723901290.";
  std::vector<Case> all{
      {.name = "series", .spec = {}, .count = 3},
      {.name = "enhanced", .spec = {.sop_class = "1.2.840.10008.5.1.4.1.1.2.1", .frames = 3}, .count = 3},
      {.name = "ultrasound",
       .spec = {.sop_class = "1.2.840.10008.5.1.4.1.1.6.1", .modality = "US", .photometric = "RGB", .plane = false}},
      {.name = "radiograph",
       .spec =
           {.sop_class = "1.2.840.10008.5.1.4.1.1.1", .modality = "CR", .photometric = "MONOCHROME1", .plane = false}},
      {.name = "gb18030", .spec = {.character_set = "GB18030", .patient_name = "\xCD\xF5^\xD0\xA1\xB6\xAB"}},
      {.name = "japanese",
       .spec = {.character_set = "\\ISO 2022 IR 87",
                .patient_name =
                    "Yamada^Tarou=\033$B;3ED\033(B^\033$BB@O:\033(B=\033$B$d$^$@\033(B^\033$B$?$m$&\033(B"}},
      {.name = "nobody", .spec = {.identified = false, .character_set = ""}, .count = 2},
      {.name = "lossy", .spec = {.burned_in = "YES", .lossy = "01"}}};
  for (auto& one : all) {
    one.spec.study_uid = root + "1";
    one.spec.series_uid = root + "1.1";
  }
  return all;
}

std::vector<fs::path> results_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".dcm") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

class DicomValidators : public testing::Test {
 protected:
  /// Writes the results of all cases, each into a folder of its name.
  void write_cases(const ResultContext& context) const {
    for (const auto& [name, spec, count] : cases()) write_all(folder_ / name, make_series(spec, count), context);
  }

  dicom::Runtime runtime_;
  tests::TempFolder folder_;
};

TEST_F(DicomValidators, DciodvfyFindsNoError) {
  if (!has_program("dciodvfy"))
    GTEST_SKIP() << "no dciodvfy (dicom3tools); Dicom{Segmentation,Report,...} are smaller tests";
  write_cases(make_run());
  const auto files = results_below(folder_.path());
  EXPECT_EQ(files.size(), 8U * 6U - 2U) << "no Parametric Map of two";
  for (const auto& file : files) EXPECT_THAT(errors_of(file), testing::IsEmpty()) << file;

  // It would say so: of an object whose UID is taken away.
  DcmFileFormat broken;
  ASSERT_TRUE(broken.loadFile(files.front().c_str()).good());
  ASSERT_TRUE(broken.getDataset()->findAndDeleteElement(DCM_StudyInstanceUID).good());
  ASSERT_TRUE(broken.saveFile((folder_ / "broken.dcm").c_str(), EXS_LittleEndianExplicit).good());
  EXPECT_THAT(errors_of(folder_ / "broken.dcm"), testing::Contains(testing::HasSubstr("StudyInstanceUID")));
}

TEST_F(DicomValidators, DciodvfyFindsNoErrorInDeidentifiedResults) {
  if (!has_program("dciodvfy")) GTEST_SKIP() << "no dciodvfy (dicom3tools); DicomDeidentify is the smaller test";
  auto context = make_run();
  context.deidentifier = std::make_shared<Deidentifier>("key");
  write_cases(context);
  for (const auto& file : results_below(folder_.path())) EXPECT_THAT(errors_of(file), testing::IsEmpty()) << file;
}

TEST_F(DicomValidators, ProgramsOfDcmtkReadReportsAndPresentationStates) {
  if (!has_program("dsrdump") || !has_program("dcmp2pgm") || !has_program("dcmpschk")) {
    GTEST_SKIP()
        << "no dsrdump, dcmp2pgm or dcmpschk (dcmtk); DicomReport and DicomPresentationState are smaller tests";
  }
  write_cases(make_run());
  for (const auto& [name, spec, count] : cases()) {
    const auto folder = folder_ / name;
    const auto report = run_shell("dsrdump " + quoted(folder / "sr.dcm"));
    EXPECT_EQ(report.status, 0) << name << report.text;
    EXPECT_THAT(report.text, testing::HasSubstr("Image Region")) << name;
    // DCMTK wants a patient's name in presentation states, which the standard does not.
    if (!spec.photometric.starts_with("MONOCHROME") || !spec.identified) continue;
    const auto source = source_file(spec);
    folder_.write("source.dcm", {reinterpret_cast<const char*>(source->data()), source->size()});
    const auto shown = run_shell("dcmp2pgm -p " + quoted(folder / "gsps.dcm") + " " + quoted(folder_ / "source.dcm") +
                                 " " + quoted(folder_ / "shown.pgm"));
    EXPECT_EQ(shown.status, 0) << name << shown.text;
    EXPECT_TRUE(fs::exists(folder_ / "shown.pgm")) << name;
    const auto check = run_shell("dcmpschk " + quoted(folder / "gsps.dcm"));
    EXPECT_THAT(check.text, testing::Not(testing::HasSubstr("Error"))) << name;
    EXPECT_EQ(check.status, 0) << name << check.text;
  }
}

/// What tests/reference/check_dicom_results.py compares with.
void write_expected(const fs::path& folder, const SeriesResult& series, const std::string& patient_name) {
  const auto& first = series.frames.front();
  std::ofstream masks(folder / "masks.raw", std::ios::binary), heat_maps(folder / "heat_maps.raw", std::ios::binary);
  nlohmann::json frames = nlohmann::json::array(), positions = nlohmann::json::array();
  for (const auto& [source, frame, finding] : series.frames) {
    masks.write(reinterpret_cast<const char*>(finding.mask.data()), static_cast<std::streamsize>(finding.mask.size()));
    heat_maps.write(reinterpret_cast<const char*>(finding.heat_map.data()),
                    static_cast<std::streamsize>(finding.heat_map.size() * sizeof(float)));
    frames.push_back({source->sop_uid(), source->frames() > 1 ? nlohmann::json(frame) : nlohmann::json()});
    const auto place = static_cast<double>(positions.size());
    positions.push_back({-10.5, 20.25 + 1.8 * place, 2.4 * place});
  }
  const auto picture = make_picture(first.source->columns(), first.source->rows());
  std::ofstream(folder / "picture.raw", std::ios::binary)
      .write(reinterpret_cast<const char*>(picture.pixels.data()), static_cast<std::streamsize>(picture.pixels.size()));
  const nlohmann::json expected{{"rows", first.source->rows()},
                                {"columns", first.source->columns()},
                                {"frames", frames},
                                {"positions", positions},
                                {"spacing", {3, 0.75, 0.5}},
                                {"outline", outline(first.finding.regions[0].contours[0])},
                                {"area", *first.finding.regions[0].area_mm2},
                                {"patient_name", patient_name}};
  std::ofstream(folder / "expected.json") << expected;
}

TEST_F(DicomValidators, PydicomAndHighdicomReadThemBackEqual) {
  const char* chosen = std::getenv("FOVEA_PYTHON");
  const std::string python = chosen != nullptr ? chosen : "python3";
  if (run_shell(python + " -c 'import highdicom'").status != 0) {
    GTEST_SKIP()
        << "no Python with highdicom (FOVEA_PYTHON); Dicom{Segmentation,ParametricMap,Report} are smaller tests";
  }
  write_cases(make_run());
  const std::vector<std::pair<std::string, std::string>> names{{"gb18030", "\xE7\x8E\x8B^\xE5\xB0\x8F\xE4\xB8\x9C"},
                                                               {"nobody", ""}};
  std::string folders;
  for (const auto& [name, spec, count] : cases()) {
    if (name == "japanese") continue;  // its name in three parts is compared by dciodvfy's reading only
    const auto known = std::ranges::find(names, name, &std::pair<std::string, std::string>::first);
    write_expected(folder_ / name, make_series(spec, count),
                   known != names.end() ? known->second : "M\xC3\xBCller^Jos\xC3\xA9");
    folders += " " + quoted(folder_ / name);
  }
  const auto check =
      run_shell(python + " -W ignore " FOVEA_SOURCE_DIR "/tests/reference/check_dicom_results.py" + folders);
  EXPECT_EQ(check.status, 0) << check.text;
}

/// Real files: whatever is read gives valid results, and pixels that are read back equal.
class DicomResultsOfTheCorpus : public testing::Test {
 protected:
  void SetUp() override {
    corpus_ = tests::shared_dir() / "data" / "dicom";
    if (!fs::exists(corpus_)) GTEST_SKIP() << "no shared data; DicomValidators is the smaller test";
  }

  static SeriesResult results_of(const std::vector<fs::path>& files) {
    SeriesResult series;
    for (const auto& path : files) {
      const auto source = open_source(read_bytes(path), path.filename().string());
      const int frames = std::min(source->frames(), 3);
      for (int frame = 1; frame <= frames; ++frame) {
        const int x = (source->columns() / 3 + frame) % source->columns(), y = source->rows() / 2;
        series.frames.push_back(
            {.source = source, .frame = frame, .finding = make_finding(source->columns(), source->rows(), x, y)});
      }
    }
    return series;
  }

  void check(const SeriesResult& series) const {
    write_all(folder_ / "out", series, make_run());
    const dicom::Dataset file(read_bytes(folder_ / "out/seg.dcm"), "seg.dcm", std::size_t{1} << 28);
    const dicom::PixelReader reader(file, std::uint64_t{1} << 28);
    ASSERT_EQ(reader.module().frames, static_cast<int>(series.frames.size()));
    for (std::size_t i = 0; i < series.frames.size(); ++i) {
      EXPECT_EQ(reader.read(static_cast<int>(i)).values, series.frames[i].finding.mask);
    }
    if (has_program("dciodvfy")) {
      for (const auto& result : results_below(folder_ / "out"))
        EXPECT_THAT(errors_of(result), testing::IsEmpty()) << result;
    }
    fs::remove_all(folder_ / "out");
  }

  dicom::Runtime runtime_;
  tests::TempFolder folder_;
  fs::path corpus_;
};

TEST_F(DicomResultsOfTheCorpus, AreValid) {
  const auto reference = nlohmann::json::parse(std::ifstream(corpus_ / "reference.json"));
  int written = 0, refused = 0;
  for (const auto& [path, expected] : reference.items()) {
    if ((expected["kind"] != "real" && expected["kind"] != "derived") || !expected["decode_ok"].get<bool>()) continue;
    SCOPED_TRACE(path);
    SeriesResult series;
    try {
      series = results_of({corpus_ / path});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt) << error.what();
      ++refused;
      continue;
    }
    check(series);
    ++written;
  }
  EXPECT_GT(written, 130);
  EXPECT_LT(refused, 12) << "files without the UIDs that results name";
}

TEST_F(DicomResultsOfTheCorpus, OfASeriesAreOneObject) {
  for (const auto* name : {"ct_ge_5", "mr_epi_24"}) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(corpus_ / "series" / name)) files.push_back(entry.path());
    std::ranges::sort(files);
    const auto series = results_of(files);
    write_all(folder_ / "kept", series, make_run());
    const auto map = read_object(folder_ / "kept/pm.dcm");
    for (std::size_t i = 0; i < files.size(); ++i) {
      const auto groups = "PerFrameFunctionalGroupsSequence[" + std::to_string(i) + "].";
      EXPECT_EQ(text_at(*map, groups + "PlanePositionSequence[0].ImagePositionPatient"),
                text_at(series.frames[i].source->attributes(), "ImagePositionPatient"));
      EXPECT_EQ(text_at(*map, groups + "DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID"),
                series.frames[i].source->sop_uid());
    }
    check(series);
  }
}

}  // namespace
}  // namespace fovea::dicom_out
