#include "dicom_out/parametric_map.hpp"

#include <bit>
#include <ostream>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>

#include "dicom_out/attributes.hpp"
#include "dicom_out/codes.hpp"
#include "dicom_out/common_modules.hpp"
#include "dicom_out/multi_frame.hpp"
#include "dicom_out/object_writer.hpp"
#include "dicom_out/references.hpp"
#include "dicom_out/series_maps.hpp"
#include "fovea/error.hpp"

namespace fovea::dicom_out {
namespace {

constexpr Kind kKind{.name = "pm",
                     .sop_class = "1.2.840.10008.5.1.4.1.1.30",
                     .modality = "",
                     .description = "probability map",
                     .number = 4,
                     .has_frame_of_reference = true};
constexpr const char* kImageType = "DERIVED\\PRIMARY\\VOLUME\\QUANTITY";

void put_image(DcmDataset& object) {
  put(object, DCM_ImageType, kImageType);
  put_uint16(object, DCM_BitsAllocated, {32});
  put(object, DCM_PresentationLUTShape, "IDENTITY");
  put(object, DCM_ContentQualification, "RESEARCH");
  put(object, DCM_BurnedInAnnotation, "NO");
  put(object, DCM_RecognizableVisualFeatures, "NO");
  put(object, DCM_ContentLabel, "FOVEA");
  put(object, DCM_ContentDescription, "Probability that a pixel is abnormal");
  put_empty(object, DCM_ContentCreatorName);
  put_empty_sequence(object, DCM_AcquisitionContextSequence);
}

/// Stored values are the probabilities themselves.
void put_value_groups(DcmItem& groups) {
  auto& transformation = add_item(groups, DCM_PixelValueTransformationSequence);
  put(transformation, DCM_RescaleIntercept, "0");
  put(transformation, DCM_RescaleSlope, "1");
  put(transformation, DCM_RescaleType, "US");

  auto& window = add_item(groups, DCM_FrameVOILUTSequence);
  put(window, DCM_WindowCenter, "0.5");
  put(window, DCM_WindowWidth, "1");
  put(window, DCM_VOILUTFunction, "LINEAR_EXACT");

  auto& mapping = add_item(groups, DCM_RealWorldValueMappingSequence);
  put_double(mapping, DCM_DoubleFloatRealWorldValueFirstValueMapped, 0);
  put_double(mapping, DCM_DoubleFloatRealWorldValueLastValueMapped, 1);
  put_double(mapping, DCM_RealWorldValueIntercept, 0);
  put_double(mapping, DCM_RealWorldValueSlope, 1);
  put(mapping, DCM_LUTLabel, "PROBABILITY");
  put(mapping, DCM_LUTExplanation, "Probability that a pixel is abnormal");
  add_code(mapping, DCM_MeasurementUnitsCodeSequence, codes::kNoUnits);
  auto& quantity = add_item(mapping, DCM_QuantityDefinitionSequence);
  put(quantity, DCM_ValueType, "CODE");
  add_code(quantity, DCM_ConceptNameCodeSequence, codes::kQuantity);
  add_code(quantity, DCM_ConceptCodeSequence, codes::kProbability);

  put(add_item(groups, DCM_ParametricMapFrameTypeSequence), DCM_FrameType, kImageType);
}

void write_values(std::ostream& out, const SeriesResult& series) {
  static_assert(std::endian::native == std::endian::little, "values are written as they lie in memory");
  for (std::size_t i = 0; i < series.frames.size(); ++i) {
    const auto heat_map = maps_of(series, i).heat_map;
    check_heat_map(series.frames[i], heat_map);
    out.write(reinterpret_cast<const char*>(heat_map.data()),
              static_cast<std::streamsize>(heat_map.size() * sizeof(float)));
  }
}

}  // namespace

void write_parametric_map(const std::filesystem::path& path, const SeriesResult& series, const ResultContext& run) {
  check_results(series.frames);
  const auto& source = *series.frames.front().source;
  const Planes planes(series.frames);
  if (!planes.missing().empty()) {
    throw Error(ErrorCode::unsupported, planes.missing() +
                                            ", without which DICOM has no Parametric Map; a Segmentation "
                                            "(fractional) holds the same probabilities");
  }

  auto object = begin_object(source, run, kKind, instance_name(series.frames.front()));
  put_multi_frame(*object, run, source, series.frames.size());
  put_image(*object);
  put_lossy_history(*object, source, true);
  put_dimensions(*object, run, false);
  const auto description = derivation_description(*object, run);
  auto& shared = add_item(*object, DCM_SharedFunctionalGroupsSequence);
  planes.put_shared(shared);
  put_value_groups(shared);
  for (std::size_t i = 0; i < series.frames.size(); ++i) {
    auto& groups = add_item(*object, DCM_PerFrameFunctionalGroupsSequence);
    put_derivation_image(groups, description, series.frames[i]);
    put_frame_content(groups, static_cast<std::uint32_t>(i + 1), 0);
    planes.put_frame(groups, series.frames[i]);
  }
  put_referenced_instances(*object, series.frames);

  const auto values = std::uint64_t{series.frames.size()} * static_cast<std::uint64_t>(source.rows()) *
                      static_cast<std::uint64_t>(source.columns());
  const PixelData data{.element = 0x0008, .vr = "OF", .bytes = values * sizeof(float), .write = [&](std::ostream& out) {
                         write_values(out, series);
                       }};
  write_object(path, *object, run, &data);
}

}  // namespace fovea::dicom_out
