#include "dicom_out/secondary_capture.hpp"

#include <ostream>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>

#include "dicom/values.hpp"
#include "dicom_out/attributes.hpp"
#include "dicom_out/common_modules.hpp"
#include "dicom_out/frame_geometry.hpp"
#include "dicom_out/object_writer.hpp"
#include "dicom_out/references.hpp"
#include "fovea/error.hpp"

namespace fovea::dicom_out {
namespace {

constexpr Kind kKind{
    .name = "sc", .sop_class = "1.2.840.10008.5.1.4.1.1.7", .modality = "OT", .description = "overlay", .number = 1};

void check_picture(const FrameResult& result, const Image& picture) {
  const auto fits = [](int size) { return size >= 1 && size <= 65535; };
  const auto values = 3 * static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height);
  if (fits(picture.width) && fits(picture.height) && picture.pixels.size() == values) return;
  throw Error(ErrorCode::usage, result.source->name() + ": a picture of " + std::to_string(picture.width) + " x " +
                                    std::to_string(picture.height) + " pixels and " +
                                    std::to_string(picture.pixels.size()) +
                                    " values; expected 1 to 65535 each way and three values a pixel");
}

void put_image(DcmDataset& object, const FrameResult& result, const Image& picture, bool source_pixels) {
  put(object, DCM_ImageType, "DERIVED\\SECONDARY");
  put_uint16(object, DCM_SamplesPerPixel, {3});
  put(object, DCM_PhotometricInterpretation, "RGB");
  put_uint16(object, DCM_PlanarConfiguration, {0});
  put_uint16(object, DCM_Rows, {static_cast<std::uint16_t>(picture.height)});
  put_uint16(object, DCM_Columns, {static_cast<std::uint16_t>(picture.width)});
  put_uint16(object, DCM_BitsAllocated, {8});
  put_uint16(object, DCM_BitsStored, {8});
  put_uint16(object, DCM_HighBit, {7});
  put_uint16(object, DCM_PixelRepresentation, {0});
  const auto spacing = pixel_spacing(*result.source, result.frame);
  if (source_pixels && !spacing.empty()) {
    put(object, DCM_PixelSpacing, decimal_string(spacing[0]) + "\\" + decimal_string(spacing[1]));
  } else if (source_pixels) {
    copy(result.source->attributes(), object, DCM_PixelAspectRatio);
  }
}

}  // namespace

void write_secondary_capture(const std::filesystem::path& path, const FrameResult& result, const Image& picture,
                             bool source_pixels, const ResultContext& run) {
  result.source->check_frame(result.frame);
  check_picture(result, picture);
  const auto& source = *result.source;
  auto object = begin_object(source, run, kKind, instance_name(result));
  put(*object, DCM_ConversionType, "WSD");
  put_instance_number(*object, result);
  put_content_time(*object, run);
  put(*object, DCM_DateOfSecondaryCapture, dicom::text(*object, DCM_ContentDate).value_or(""));
  put(*object, DCM_TimeOfSecondaryCapture, dicom::text(*object, DCM_ContentTime).value_or(""));
  copy_or_empty(source.attributes(), *object, DCM_PatientOrientation);
  copy(source.attributes(), *object, DCM_BurnedInAnnotation);
  copy(source.attributes(), *object, DCM_RecognizableVisualFeatures);
  put_lossy_history(*object, source, false);
  put(*object, DCM_DerivationDescription,
      fitted(*object, derivation_text(run, "abnormal regions drawn on the image"), kMaxText));
  put_source_image(*object, result);
  put_image(*object, result, picture, source_pixels);

  const PixelData data{.bytes = picture.pixels.size(), .write = [&](std::ostream& out) {
                         out.write(reinterpret_cast<const char*>(picture.pixels.data()),
                                   static_cast<std::streamsize>(picture.pixels.size()));
                       }};
  write_object(path, *object, run, &data);
}

}  // namespace fovea::dicom_out
