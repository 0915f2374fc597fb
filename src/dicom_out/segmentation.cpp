#include "dicom_out/segmentation.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>

#include "dicom_out/attributes.hpp"
#include "dicom_out/codes.hpp"
#include "dicom_out/common_modules.hpp"
#include "dicom_out/multi_frame.hpp"
#include "dicom_out/object_writer.hpp"
#include "dicom_out/references.hpp"
#include "dicom_out/segment_map.hpp"
#include "dicom_out/series_maps.hpp"
#include "fovea/version.hpp"

namespace fovea::dicom_out {
namespace {

constexpr Kind kBinary{.name = "seg",
                       .sop_class = "1.2.840.10008.5.1.4.1.1.66.4",
                       .modality = "SEG",
                       .description = "segmentation",
                       .number = 2,
                       .has_laterality = false,
                       .has_frame_of_reference = true};
constexpr Kind kFractional{.name = "seg-probability",
                           .sop_class = kBinary.sop_class,
                           .modality = "SEG",
                           .description = "probability as segmentation",
                           .number = 3,
                           .has_laterality = false,
                           .has_frame_of_reference = true};

/// Algorithm Identification Macro (PS3.3, section 10.16).
void put_algorithm(DcmDataset& object, DcmItem& segment, const Algorithm& algorithm) {
  auto& item = add_item(segment, DCM_SegmentationAlgorithmIdentificationSequence);
  add_code(item, DCM_AlgorithmFamilyCodeSequence, codes::kArtificialIntelligence);
  put(item, DCM_AlgorithmName, fitted(object, algorithm.name, kMaxLong));
  put(item, DCM_AlgorithmVersion, fitted(object, algorithm_version(algorithm), kMaxLong));
  if (!algorithm.parameters.empty()) {
    put(item, DCM_AlgorithmParameters, fitted(object, algorithm.parameters, kMaxText));
  }
  put(item, DCM_AlgorithmSource, "Fovea " FOVEA_VERSION);
}

void put_segment(DcmDataset& object, const ResultContext& run, std::uint16_t number, const std::string& label) {
  const auto label_text = fitted(object, label, kMaxLong);
  const auto name_text = fitted(object, run.algorithm.name, kMaxLong);
  const auto codes = codes_of(label);
  auto& segment = add_item(object, DCM_SegmentSequence);
  put_uint16(segment, DCM_SegmentNumber, {number});
  put(segment, DCM_SegmentLabel, label_text);
  put(segment, DCM_SegmentAlgorithmType, "AUTOMATIC");
  put(segment, DCM_SegmentAlgorithmName, name_text);
  add_code(segment, DCM_SegmentedPropertyCategoryCodeSequence, codes.category);
  auto& type = add_code(segment, DCM_SegmentedPropertyTypeCodeSequence, codes.type);
  if (codes.modifier) add_code(type, DCM_SegmentedPropertyTypeModifierCodeSequence, *codes.modifier);
  put_algorithm(object, segment, run.algorithm);
}

void put_image(DcmDataset& object, SegmentationKind kind) {
  const bool binary = kind == SegmentationKind::binary;
  const std::uint16_t bits = binary ? 1 : 8;
  put(object, DCM_ImageType, "DERIVED\\PRIMARY");
  put_uint16(object, DCM_BitsAllocated, {bits});
  put_uint16(object, DCM_BitsStored, {bits});
  put_uint16(object, DCM_HighBit, {static_cast<std::uint16_t>(bits - 1)});
  put_uint16(object, DCM_PixelRepresentation, {0});
  put(object, DCM_SegmentationType, binary ? "BINARY" : "FRACTIONAL");
  if (!binary) {
    put(object, DCM_SegmentationFractionalType, "PROBABILITY");
    put_uint16(object, DCM_MaximumFractionalValue, {255});
  }
  put(object, DCM_ContentLabel, "FOVEA");
  put(object, DCM_ContentDescription, binary ? "Abnormal regions" : "Probability that a pixel is abnormal");
  put_empty(object, DCM_ContentCreatorName);
}

void put_frames(DcmDataset& object, const ResultContext& run, const SeriesResult& series, std::uint16_t segments) {
  const auto description = derivation_description(object, run);
  const Planes planes(series.frames);
  if (!planes.missing().empty()) {
    copy_or_empty(series.frames.front().source->attributes(), object, DCM_PatientOrientation);
  }
  planes.put_shared(add_item(object, DCM_SharedFunctionalGroupsSequence));
  for (std::size_t i = 0; i < series.frames.size(); ++i) {
    for (std::uint16_t segment = 1; segment <= segments; ++segment) {
      auto& groups = add_item(object, DCM_PerFrameFunctionalGroupsSequence);
      put_derivation_image(groups, description, series.frames[i]);
      put_frame_content(groups, static_cast<std::uint32_t>(i + 1), segment);
      planes.put_frame(groups, series.frames[i]);
      put_uint16(add_item(groups, DCM_SegmentIdentificationSequence), DCM_ReferencedSegmentNumber, {segment});
    }
  }
}

/// Bits of all frames, without gaps between them, the first in the lowest bit of a byte (PS3.5, section 8.1.1).
class BitWriter {
 public:
  explicit BitWriter(std::ostream& out) : out_(out) {}
  void put(bool bit) {
    byte_ |= static_cast<unsigned>(bit) << used_;
    if (++used_ == 8) flush();
  }
  void flush() {
    if (used_ > 0) out_.put(static_cast<char>(byte_));
    byte_ = used_ = 0;
  }

 private:
  std::ostream& out_;
  unsigned byte_ = 0, used_ = 0;
};

void write_binary(std::ostream& out, const SeriesResult& series, const std::vector<std::string>& labels) {
  BitWriter bits(out);
  for (std::size_t i = 0; i < series.frames.size(); ++i) {
    const auto map = segment_map(series.frames[i].finding, maps_of(series, i).mask, labels);
    for (std::size_t segment = 1; segment <= labels.size(); ++segment) {
      for (const auto value : map) bits.put(value == segment);
    }
  }
  bits.flush();
}

void write_fractional(std::ostream& out, const SeriesResult& series) {
  for (std::size_t i = 0; i < series.frames.size(); ++i) {
    const auto heat_map = maps_of(series, i).heat_map;
    check_heat_map(series.frames[i], heat_map);
    std::vector<char> values(heat_map.size());
    std::ranges::transform(heat_map, values.begin(),
                           [](float value) { return static_cast<char>(std::lround(value * 255)); });
    out.write(values.data(), static_cast<std::streamsize>(values.size()));
  }
}

}  // namespace

void write_segmentation(const std::filesystem::path& path, const SeriesResult& series, SegmentationKind kind,
                        const ResultContext& run) {
  check_results(series.frames);
  const auto& source = *series.frames.front().source;
  const bool binary = kind == SegmentationKind::binary;
  const auto labels = binary ? segment_labels(series.frames) : std::vector<std::string>{"anomaly"};
  const auto frames = series.frames.size() * labels.size();

  auto object = begin_object(source, run, binary ? kBinary : kFractional, instance_name(series.frames.front()));
  put_multi_frame(*object, run, source, frames);
  put_image(*object, kind);
  put_lossy_history(*object, source, true);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    put_segment(*object, run, static_cast<std::uint16_t>(i + 1), labels[i]);
  }
  put_dimensions(*object, run, true);
  put_frames(*object, run, series, static_cast<std::uint16_t>(labels.size()));
  put_referenced_instances(*object, series.frames);

  const auto pixels =
      std::uint64_t{frames} * static_cast<std::uint64_t>(source.rows()) * static_cast<std::uint64_t>(source.columns());
  const PixelData data{.bytes = binary ? (pixels + 7) / 8 : pixels, .write = [&](std::ostream& out) {
                         binary ? write_binary(out, series, labels) : write_fractional(out, series);
                       }};
  write_object(path, *object, run, &data);
}

}  // namespace fovea::dicom_out
