/// Writes each picture of a folder, in the order of their names, as a DICOM file with a patient of its own, who is
/// invented: OUT/NAME.dcm.
///
/// Usage: fovea_sample_scans FOLDER OUT
#include <algorithm>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "dicom/runtime.hpp"
#include "fovea/error.hpp"
#include "fovea/loader.hpp"
#include "io/file.hpp"
#include "sample_scan.hpp"

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> pictures_in(const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw fovea::Error(fovea::ErrorCode::usage, folder.string() + ": expected a folder of pictures");
  }
  std::vector<fs::path> pictures;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto ending = entry.path().extension();
    if (ending == ".webp" || ending == ".png") pictures.push_back(entry.path());
  }
  if (pictures.empty()) {
    throw fovea::Error(fovea::ErrorCode::usage, folder.string() + ": no pictures (.webp, .png) are in it");
  }
  std::ranges::sort(pictures);
  return pictures;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) throw fovea::Error(fovea::ErrorCode::usage, "usage: fovea_sample_scans FOLDER OUT");
  const fovea::dicom::Runtime runtime;
  const fs::path out = argv[2];
  fovea::io::make_folder(out);
  int patient = 0;
  for (const auto& picture : pictures_in(argv[1])) {
    const auto name = picture.stem().string();
    fovea::samples::write_sample_scan(out / (name + ".dcm"), fovea::load_image(picture), name, ++patient);
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << "fovea_sample_scans: " << error.what() << '\n';
  return 1;
}
