#include "dicom_out/presentation_state.hpp"

#include <array>
#include <charconv>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>

#include "dicom/values.hpp"
#include "dicom_out/attributes.hpp"
#include "dicom_out/common_modules.hpp"
#include "dicom_out/frame_geometry.hpp"
#include "dicom_out/icc_profile.hpp"
#include "dicom_out/object_writer.hpp"
#include "dicom_out/outline.hpp"
#include "dicom_out/references.hpp"
#include "fovea/error.hpp"

namespace fovea::dicom_out {
namespace {

constexpr Kind kGrey{.name = "gsps",
                     .sop_class = "1.2.840.10008.5.1.4.1.1.11.1",
                     .modality = "PR",
                     .description = "contours",
                     .number = 5};
constexpr Kind kColour{.name = "gsps",
                       .sop_class = "1.2.840.10008.5.1.4.1.1.11.2",
                       .modality = "PR",
                       .description = "contours",
                       .number = 5};
constexpr const char* kLayer = "FINDINGS";

void put_relationship(DcmDataset& object, const FrameResult& result) {
  auto& series = add_item(object, DCM_ReferencedSeriesSequence);
  put(series, DCM_SeriesInstanceUID, result.source->series_uid());
  put_reference(add_item(series, DCM_ReferencedImageSequence), result);
}

void put_displayed_area(DcmDataset& object, const FrameResult& result) {
  auto& area = add_item(object, DCM_DisplayedAreaSelectionSequence);
  put_reference(add_item(area, DCM_ReferencedImageSequence), result);
  put_int32(area, DCM_DisplayedAreaTopLeftHandCorner, {1, 1});
  put_int32(area, DCM_DisplayedAreaBottomRightHandCorner, {result.source->columns(), result.source->rows()});
  put(area, DCM_PresentationSizeMode, "SCALE TO FIT");
  const auto spacing = pixel_spacing(*result.source, result.frame);
  if (!spacing.empty()) {
    put(area, DCM_PresentationPixelSpacing, decimal_string(spacing[0]) + "\\" + decimal_string(spacing[1]));
    return;
  }
  DcmItem& from = result.source->attributes();
  const auto aspect = dicom::numbers(from, DCM_PixelAspectRatio);
  const bool usable = aspect.size() == 2 && aspect[0] > 0 && aspect[1] > 0;
  put(area, DCM_PresentationPixelAspectRatio,
      usable ? std::to_string(static_cast<long>(aspect[0])) + "\\" + std::to_string(static_cast<long>(aspect[1]))
             : "1\\1");
}

void put_polyline(DcmItem& annotation, const std::vector<float>& points) {
  auto& graphic = add_item(annotation, DCM_GraphicObjectSequence);
  put(graphic, DCM_GraphicAnnotationUnits, "PIXEL");
  put_uint16(graphic, DCM_GraphicDimensions, {2});
  put_uint16(graphic, DCM_NumberOfGraphicPoints, {static_cast<std::uint16_t>(points.size() / 2)});
  put_floats(graphic, DCM_GraphicData, points);
  put(graphic, DCM_GraphicType, "POLYLINE");
  put(graphic, DCM_GraphicFilled, "N");
}

void put_label(DcmDataset& object, DcmItem& annotation, const Region& region) {
  std::array<char, 16> score{};
  const auto end = std::to_chars(score.begin(), score.end(), region.score, std::chars_format::fixed, 2).ptr;
  const auto text = fitted(object, region.label + " " + std::string(score.data(), end), kMaxText);
  auto& item = add_item(annotation, DCM_TextObjectSequence);
  put(item, DCM_UnformattedTextValue, text);
  put(item, DCM_AnchorPointAnnotationUnits, "PIXEL");
  const std::array<float, 2> corner{static_cast<float>(region.box[0]), static_cast<float>(region.box[1])};
  put_floats(item, DCM_AnchorPoint, corner);
  put(item, DCM_AnchorPointVisibility, "N");
}

void put_graphics(DcmDataset& object, const FrameResult& result, bool grey) {
  if (result.finding.regions.empty()) return;
  auto& annotation = add_item(object, DCM_GraphicAnnotationSequence);
  put(annotation, DCM_GraphicLayer, kLayer);
  put_reference(add_item(annotation, DCM_ReferencedImageSequence), result);
  for (const auto& region : result.finding.regions) {
    put_label(object, annotation, region);
    for (const auto& ring : region.contours) {
      if (const auto points = outline(ring); !points.empty()) put_polyline(annotation, points);
    }
  }
  auto& layer = add_item(object, DCM_GraphicLayerSequence);
  put(layer, DCM_GraphicLayer, kLayer);
  put(layer, DCM_GraphicLayerOrder, "1");
  put(layer, DCM_GraphicLayerDescription, "Abnormal regions");
  if (grey) {
    put_uint16(layer, DCM_GraphicLayerRecommendedDisplayGrayscaleValue, {65535});
  }
  // Yellow: L* 97, a* -22, b* 94 (PS3.3, section C.10.7.1.1).
  put_uint16(layer, DCM_GraphicLayerRecommendedDisplayCIELabValue, {63569, 27242, 57054});
}

/// Of a look-up table what counts; explanations are in the source's character set.
void copy_table(DcmItem& from, DcmItem& to) {
  copy(from, to, DCM_LUTDescriptor);
  copy(from, to, DCM_LUTData);
}

/// From stored values to the modality's: what the source has.
void put_modality_transformation(DcmDataset& object, const FrameResult& result) {
  DcmItem& top = result.source->attributes();
  if (auto* lut = dicom::sequence_item(top, DCM_ModalityLUTSequence, 0)) {
    auto& item = add_item(object, DCM_ModalityLUTSequence);
    copy_table(*lut, item);
    if (!copy(*lut, item, DCM_ModalityLUTType)) put(item, DCM_ModalityLUTType, "US");
    return;
  }
  auto* group = result.source->functional_group(DCM_PixelValueTransformationSequence, result.frame);
  DcmItem& from = group != nullptr ? *group : top;
  const auto slope = dicom::number(from, DCM_RescaleSlope), intercept = dicom::number(from, DCM_RescaleIntercept);
  if (!slope && !intercept) return;
  put(object, DCM_RescaleIntercept, decimal_string(intercept.value_or(0)));
  put(object, DCM_RescaleSlope, decimal_string(slope.value_or(1)));
  if (!copy(from, object, DCM_RescaleType)) {
    put(object, DCM_RescaleType, result.source->modality() == "CT" ? "HU" : "US");
  }
}

/// A presentation state without this means that the whole range of values is shown.
void put_window(DcmDataset& object, const FrameResult& result, const std::optional<Window>& window) {
  DcmItem& top = result.source->attributes();
  DcmItem shown;
  const auto put_one = [&shown](double centre, double width, const char* function) {
    put(shown, DCM_WindowCenter, decimal_string(centre));
    put(shown, DCM_WindowWidth, decimal_string(width));
    if (*function != '\0') put(shown, DCM_VOILUTFunction, function);
  };
  if (window) {
    put_one(window->centre, window->width,
            window->function == VoiFunction::sigmoid        ? "SIGMOID"
            : window->function == VoiFunction::linear_exact ? "LINEAR_EXACT"
                                                            : "LINEAR");
  } else if (auto* lut = dicom::sequence_item(top, DCM_VOILUTSequence, 0)) {
    copy_table(*lut, add_item(shown, DCM_VOILUTSequence));
  } else {
    auto* group = result.source->functional_group(DCM_FrameVOILUTSequence, result.frame);
    DcmItem& from = group != nullptr ? *group : top;
    const auto centre = dicom::number(from, DCM_WindowCenter), width = dicom::number(from, DCM_WindowWidth);
    if (!centre || !width || *width <= 0) return;
    put_one(*centre, *width, dicom::text(from, DCM_VOILUTFunction).value_or("").c_str());
  }
  put_reference(add_item(shown, DCM_ReferencedImageSequence), result);
  add_copy(object, DCM_SoftcopyVOILUTSequence, shown);
}

}  // namespace

void write_presentation_state(const std::filesystem::path& path, const FrameResult& result,
                              const std::optional<Window>& window, const ResultContext& run) {
  check_results({&result, 1});
  const auto& source = *result.source;
  const bool grey = source.is_grey();
  auto object = begin_object(source, run, grey ? kGrey : kColour, instance_name(result));
  put_instance_number(*object, result);
  const auto now = moment_of(run.time, source.attributes());
  put(*object, DCM_PresentationCreationDate, now.date);
  put(*object, DCM_PresentationCreationTime, now.time);
  put(*object, DCM_ContentLabel, "FOVEA");
  put(*object, DCM_ContentDescription, fitted(*object, derivation_text(run, "contours"), kMaxLong));
  put_empty(*object, DCM_ContentCreatorName);
  put_relationship(*object, result);
  put_displayed_area(*object, result);
  put_graphics(*object, result, grey);
  if (grey) {
    put_modality_transformation(*object, result);
    put_window(*object, result, window);
    const bool inverse = dicom::text(source.attributes(), DCM_PhotometricInterpretation) == "MONOCHROME1";
    put(*object, DCM_PresentationLUTShape, inverse ? "INVERSE" : "IDENTITY");
  } else {
    put_bytes(*object, DCM_ICCProfile, srgb_profile());
    put(*object, DCM_ColorSpace, "SRGB");
  }
  write_object(path, *object, run);
}

}  // namespace fovea::dicom_out
