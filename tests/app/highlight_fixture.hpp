/// @file What tests of `fovea highlight` share: a folder with a model, scans of several kinds, and what is written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/process.hpp"
#include "app/temp_folder.hpp"
#include "dicom_maker.hpp"
#include "io/image_writer.hpp"

namespace fovea::tests {

/// Writes a tiny model of random weights: what it marks makes no sense, but it depends on the image, and something is
/// marked in most of them.
void write_marking_model(const std::filesystem::path& folder, unsigned seed = 7);

/// Grey values that differ from each other and with the seed.
inline std::vector<std::uint16_t> scan_values(std::size_t count, std::uint32_t seed) {
  std::vector<std::uint16_t> values;
  std::uint32_t state = seed * 2654435761U + 1;
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 1664525U + 1013904223U;
    values.push_back(static_cast<std::uint16_t>((state >> 22) + (i / 7) % 1000));
  }
  return values;
}

/// A DICOM file with a patient; empty texts are left out.
struct ScanMaker {
  std::uint32_t seed = 1;
  std::string sop_uid = "1.2.3";
  std::string series_uid = "1.2.9";
  std::string position{};  ///< "0\\0\\2.5"; with it comes an orientation
  std::string spacing{};
  std::string burned_in{};
  int rows = 24;
  int columns = 32;
  int frames = 1;

  /// Everything but the pixels.
  test::DicomMaker head() const {
    test::DicomMaker maker;
    const auto text = [&](std::uint32_t tag, const char* vr, const std::string& value) {
      if (!value.empty()) maker.text(tag, vr, value);
    };
    text(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2");
    text(0x00080018, "UI", sop_uid);
    text(0x00080060, "CS", "CT");
    text(0x00100010, "PN", "Secret^Patient");
    text(0x00100020, "LO", "ID-4711");
    text(0x00100030, "DA", "19470308");
    text(0x0020000D, "UI", "1.2.8");
    text(0x0020000E, "UI", series_uid);
    text(0x00200032, "DS", position);
    if (!position.empty()) text(0x00200037, "DS", "1\\0\\0\\0\\1\\0");
    text(0x00200052, "UI", "1.2.7");
    maker.number(0x00280002, 1).text(0x00280004, "CS", "MONOCHROME2");
    if (frames != 1) maker.text(0x00280008, "IS", std::to_string(frames));
    maker.number(0x00280010, static_cast<unsigned>(rows)).number(0x00280011, static_cast<unsigned>(columns));
    text(0x00280030, "DS", spacing);
    maker.number(0x00280100, 16).number(0x00280101, 12).number(0x00280102, 11).number(0x00280103, 0);
    text(0x00280301, "CS", burned_in);
    return maker;
  }
  test::DicomMaker data_set() const {
    const auto count =
        static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns) * static_cast<std::size_t>(frames);
    return head().words(0x7FE00010, "OW", scan_values(count, seed));
  }
};

/// Works in a folder with `model/`; outputs go to out/ there.
class HighlightFixture : public ::testing::Test {
 protected:
  HighlightFixture() { write_marking_model(folder_ / "model"); }

  static std::string bytes_of(const ScanMaker& scan) {
    const auto file = scan.data_set().file("1.2.840.10008.1.2.1");
    return {reinterpret_cast<const char*>(file->data()), file->size()};
  }
  void write_scan(const std::string& name, const ScanMaker& scan) { folder_.write(name, bytes_of(scan)); }
  void write_photo(const std::string& name, std::uint32_t seed, int width = 40, int height = 32) {
    Image image{.width = width, .height = height, .pixels = {}, .geometry = {}};
    const auto count = 3 * static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    for (const auto value : scan_values(count, seed)) {
      image.pixels.push_back(static_cast<std::uint8_t>(value));
    }
    std::filesystem::create_directories((folder_ / name).parent_path());
    io::write_png(folder_ / name, image);
  }

  /// `fovea highlight` with the model and the output set.
  static std::vector<std::string> arguments(const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"highlight", "--model", "model", "-o", "out"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  Outcome highlight(const std::vector<std::string>& more) { return run_fovea(arguments(more), folder_.path()); }

  nlohmann::json json_of(const std::filesystem::path& file) const {
    return nlohmann::json::parse(read_text(folder_ / file));
  }
  /// The lines of out/findings.jsonl.
  std::vector<nlohmann::json> records() const {
    std::vector<nlohmann::json> result;
    std::ifstream file(folder_ / "out/findings.jsonl");
    for (std::string line; std::getline(file, line);) result.push_back(nlohmann::json::parse(line));
    return result;
  }
  std::vector<std::string> inputs() const {
    std::vector<std::string> result;
    for (const auto& record : records()) result.push_back(record["input"]);
    return result;
  }
  bool exists(const std::filesystem::path& name) const { return std::filesystem::exists(folder_ / name); }

  TempFolder folder_;
};

}  // namespace fovea::tests
