#include "sample_scan.hpp"

#include <array>
#include <cstdint>
#include <ostream>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>

#include "dicom_out/attributes.hpp"
#include "dicom_out/codes.hpp"
#include "dicom_out/object_writer.hpp"
#include "dicom_out/texts.hpp"
#include "dicom_out/uids.hpp"
#include "fovea/error.hpp"
#include "fovea/version.hpp"

namespace fovea::samples {
namespace {

using dicom_out::put;
using dicom_out::put_empty;
using dicom_out::put_uint16;

constexpr std::array<const char*, kMaxPatients> kFamily{"One", "Two",   "Three", "Four", "Five",
                                                        "Six", "Seven", "Eight", "Nine"};

void check(const Image& picture, const std::string& name, int patient) {
  if (patient < 1 || patient > kMaxPatients) {
    throw Error(ErrorCode::usage, name + ": there is no invented patient " + std::to_string(patient) +
                                      ", expected 1 to " + std::to_string(kMaxPatients));
  }
  const auto fits = [](int size) { return size >= 1 && size <= 65535; };
  const auto values = 3 * static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height);
  if (fits(picture.width) && fits(picture.height) && picture.pixels.size() == values) return;
  throw Error(ErrorCode::usage, name + ": a picture of " + std::to_string(picture.width) + " x " +
                                    std::to_string(picture.height) + " pixels and " +
                                    std::to_string(picture.pixels.size()) +
                                    " values; expected 1 to 65535 each way and three values a pixel");
}

void put_patient(DcmDataset& object, int patient) {
  put(object, DCM_PatientName, std::string("Sample^") + kFamily[static_cast<std::size_t>(patient - 1)]);
  put(object, DCM_PatientID, "FOVEA-SAMPLE-" + std::to_string(patient));
  put_empty(object, DCM_PatientBirthDate);
  put_empty(object, DCM_PatientSex);
  put(object, DCM_PatientComments, "Invented: there is no such person");
}

void put_study_and_series(DcmDataset& object, const dicom_out::Uids& uids, const std::string& name) {
  put(object, DCM_StudyInstanceUID, uids.of("study/" + name));
  put(object, DCM_StudyDate, "20000101");
  put(object, DCM_StudyTime, "120000");
  put(object, DCM_StudyDescription, "Sample of Fovea, invented");
  put(object, DCM_StudyID, "1");
  put_empty(object, DCM_AccessionNumber);
  put_empty(object, DCM_ReferringPhysicianName);
  put(object, DCM_SeriesInstanceUID, uids.of("series/" + name));
  put(object, DCM_SeriesNumber, "1");
  put(object, DCM_SeriesDescription, name.substr(0, dicom_out::kMaxLong));
  put(object, DCM_Modality, "US");
  put(object, DCM_BodyPartExamined, "BREAST");
  put_empty(object, DCM_Laterality);
}

void put_origin(DcmDataset& object) {
  put_empty(object, DCM_Manufacturer);  // of the scanner, which is not known
  auto& maker = dicom_out::add_item(object, DCM_ContributingEquipmentSequence);
  dicom_out::add_code(maker, DCM_PurposeOfReferenceCodeSequence, dicom_out::codes::kProcessingEquipment);
  put(maker, DCM_Manufacturer, "Fovea");
  put(maker, DCM_ManufacturerModelName, "samples/make-scans");
  put(maker, DCM_SoftwareVersions, FOVEA_VERSION);
  put(object, DCM_DerivationDescription,
      "Made from a published picture that was squashed to a square and stored as lossy WebP; pixel spacing is not "
      "known");
  put(object, DCM_ImageComments,
      "Al-Dhabyani et al., Dataset of breast ultrasound images, Data in Brief 28 (2020) 104863, CC BY 4.0. Research "
      "use "
      "only, not for diagnosis.");
}

void put_image(DcmDataset& object, const Image& picture) {
  put(object, DCM_ImageType, "DERIVED\\SECONDARY\\BREAST");
  put(object, DCM_InstanceNumber, "1");
  put(object, DCM_ContentDate, "20000101");
  put(object, DCM_ContentTime, "120000");
  put_empty(object, DCM_PatientOrientation);
  put(object, DCM_BurnedInAnnotation, "NO");
  put(object, DCM_LossyImageCompression, "01");
  put_uint16(object, DCM_UltrasoundColorDataPresent, {0});
  put_uint16(object, DCM_SamplesPerPixel, {1});
  put(object, DCM_PhotometricInterpretation, "MONOCHROME2");
  put_uint16(object, DCM_Rows, {static_cast<std::uint16_t>(picture.height)});
  put_uint16(object, DCM_Columns, {static_cast<std::uint16_t>(picture.width)});
  put_uint16(object, DCM_BitsAllocated, {8});
  put_uint16(object, DCM_BitsStored, {8});
  put_uint16(object, DCM_HighBit, {7});
  put_uint16(object, DCM_PixelRepresentation, {0});
  // Shown as they are stored; without a window their range would be stretched.
  put(object, DCM_WindowCenter, "128");
  put(object, DCM_WindowWidth, "256");
}

std::vector<std::uint8_t> grey_values(const Image& picture) {
  std::vector<std::uint8_t> grey(picture.pixels.size() / 3);
  for (std::size_t i = 0; i < grey.size(); ++i) {
    const int sum = picture.pixels[3 * i] + picture.pixels[3 * i + 1] + picture.pixels[3 * i + 2];
    grey[i] = static_cast<std::uint8_t>((sum + 1) / 3);
  }
  return grey;
}

}  // namespace

void write_sample_scan(const std::filesystem::path& path, const Image& picture, const std::string& name, int patient) {
  check(picture, name, patient);
  const dicom_out::Uids uids("samples/make-scans of Fovea");
  DcmDataset object;
  put(object, DCM_SOPClassUID, "1.2.840.10008.5.1.4.1.1.6.1");  // Ultrasound Image Storage
  put(object, DCM_SOPInstanceUID, uids.of("instance/" + name));
  put_patient(object, patient);
  put_study_and_series(object, uids, name);
  put_origin(object);
  put_image(object, picture);
  const auto grey = grey_values(picture);
  const dicom_out::PixelData pixels{.bytes = grey.size(), .write = [&](std::ostream& out) {
                                      out.write(reinterpret_cast<const char*>(grey.data()),
                                                static_cast<std::streamsize>(grey.size()));
                                    }};
  dicom_out::write_object(path, object, {}, &pixels);
}

}  // namespace fovea::samples
