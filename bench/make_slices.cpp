/// Makes the benchmark's CT series: slices of 512x512, signed 16 bits, a phantom of ellipses with noise of some 20 HU,
/// so that compression has as much to do as with a scanner's.
///
/// Usage: fovea_bench_slices OUT COUNT explicit|jpeg-lossless
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpeg/djrplol.h>

namespace {

constexpr int kSide = 512;
constexpr double kSpacing = 0.7, kDistance = 1.25;  // mm

struct Ellipse {
  double x, y, half_width, half_height;  // of the image's side
  int value;                             // HU
};

std::vector<std::int16_t> slice(int number, int count, std::mt19937& random) {
  const double z = static_cast<double>(number) / count;
  const std::array<Ellipse, 6> ellipses{{{0.5, 0.5, 0.42, 0.33, 40},
                                         {0.34, 0.48, 0.12 + 0.05 * z, 0.2, -850},
                                         {0.66, 0.48, 0.17 - 0.05 * z, 0.2, -850},
                                         {0.5, 0.72, 0.05, 0.05, 400},
                                         {0.52, 0.42, 0.08, 0.07 + 0.04 * z, 130},
                                         {0.3, 0.4 + 0.2 * z, 0.02, 0.02, 60}}};
  std::vector<std::int16_t> values(std::size_t{kSide} * kSide);
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      int value = -1000;
      for (const auto& e : ellipses) {
        const double dx = (x / double{kSide} - e.x) / e.half_width, dy = (y / double{kSide} - e.y) / e.half_height;
        if (dx * dx + dy * dy <= 1) value = e.value;
      }
      int noise = 0;  // of four numbers of 0 to 39: near to normal
      for (int i = 0; i < 4; ++i) noise += static_cast<int>(random() % 40);
      values[static_cast<std::size_t>(y) * kSide + static_cast<std::size_t>(x)] =
          static_cast<std::int16_t>(value + noise - 78);
    }
  }
  return values;
}

void check(const OFCondition& condition) {
  if (condition.bad()) throw std::runtime_error(condition.text());
}

void write(const std::filesystem::path& file, int number, const std::vector<std::int16_t>& values, bool lossless) {
  DcmFileFormat format;
  auto& data = *format.getDataset();
  const auto text = [&](const DcmTagKey& tag, const std::string& value) {
    check(data.putAndInsertString(tag, value.c_str()));
  };
  const auto count = [&](const DcmTagKey& tag, int value) {
    check(data.putAndInsertUint16(tag, static_cast<Uint16>(value)));
  };
  const auto uid = [](int which) { return "2.25." + std::to_string(512'000'000 + which); };
  text(DCM_SOPClassUID, UID_CTImageStorage);
  text(DCM_SOPInstanceUID, uid(10 + number));
  text(DCM_StudyInstanceUID, uid(1));
  text(DCM_SeriesInstanceUID, uid(2));
  text(DCM_FrameOfReferenceUID, uid(3));
  text(DCM_Modality, "CT");
  text(DCM_PatientName, "Benchmark^Phantom");
  text(DCM_InstanceNumber, std::to_string(number + 1));
  text(DCM_ImageOrientationPatient, "1\\0\\0\\0\\1\\0");
  text(DCM_ImagePositionPatient, "-179\\-179\\" + std::to_string(number * kDistance));
  text(DCM_PixelSpacing, std::to_string(kSpacing) + '\\' + std::to_string(kSpacing));
  text(DCM_PhotometricInterpretation, "MONOCHROME2");
  text(DCM_WindowCenter, "40");
  text(DCM_WindowWidth, "400");
  text(DCM_RescaleIntercept, "0");
  text(DCM_RescaleSlope, "1");
  count(DCM_SamplesPerPixel, 1);
  count(DCM_Rows, kSide);
  count(DCM_Columns, kSide);
  count(DCM_BitsAllocated, 16);
  count(DCM_BitsStored, 16);
  count(DCM_HighBit, 15);
  count(DCM_PixelRepresentation, 1);
  check(data.putAndInsertUint16Array(DCM_PixelData, reinterpret_cast<const Uint16*>(values.data()), values.size()));
  auto syntax = EXS_LittleEndianExplicit;
  if (lossless) {
    const DJ_RPLossless options;
    syntax = EXS_JPEGProcess14SV1;
    check(data.chooseRepresentation(syntax, &options));
    format.loadAllDataIntoMemory();
  }
  check(format.saveFile(file.c_str(), syntax));
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string syntax = argc == 4 ? argv[3] : "";
  if (syntax != "explicit" && syntax != "jpeg-lossless") {
    std::fputs("Usage: fovea_bench_slices OUT COUNT explicit|jpeg-lossless\n", stderr);
    return 2;
  }
  const std::filesystem::path out = argv[1];
  const int count = std::atoi(argv[2]);
  std::filesystem::create_directories(out);
  DJEncoderRegistration::registerCodecs();
  std::mt19937 random(1);
  for (int i = 0; i < count; ++i) {
    write(out / (std::to_string(i + 1) + ".dcm"), i, slice(i, count, random), syntax == "jpeg-lossless");
  }
  DJEncoderRegistration::cleanup();
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "fovea_bench_slices: %s\n", e.what());
  return 1;
}
