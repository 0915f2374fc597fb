#include "dicom_out/report.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>

#include "dicom_out/attributes.hpp"
#include "dicom_out/common_modules.hpp"
#include "dicom_out/content_items.hpp"
#include "dicom_out/object_writer.hpp"
#include "dicom_out/outline.hpp"
#include "dicom_out/references.hpp"
#include "fovea/version.hpp"

namespace fovea::dicom_out {
namespace {

constexpr Kind kKind{.name = "sr",
                     .sop_class = "1.2.840.10008.5.1.4.1.1.88.33",
                     .modality = "SR",
                     .description = "measurements",
                     .number = 6,
                     .has_body_part = false};

constexpr Code kReport{"126000", "DCM", "Imaging Measurement Report"};
constexpr Code kLanguage{"121049", "DCM", "Language of Content Item and Descendants"};
constexpr Code kEnglish{"eng", "RFC5646", "English"};
constexpr Code kObserverType{"121005", "DCM", "Observer Type"}, kDevice{"121007", "DCM", "Device"};
constexpr Code kDeviceUid{"121012", "DCM", "Device Observer UID"};
constexpr Code kDeviceName{"121013", "DCM", "Device Observer Name"};
constexpr Code kDeviceManufacturer{"121014", "DCM", "Device Observer Manufacturer"};
constexpr Code kDeviceModel{"121015", "DCM", "Device Observer Model Name"};
constexpr Code kProcedureReported{"121058", "DCM", "Procedure reported"};
constexpr Code kImagingProcedure{"363679005", "SCT", "Imaging procedure"};
constexpr Code kImagingMeasurements{"126010", "DCM", "Imaging Measurements"};
constexpr Code kQualitative{"C0034375", "UMLS", "Qualitative Evaluations"};
constexpr Code kGroup{"125007", "DCM", "Measurement Group"};
constexpr Code kTrackingIdentifier{"112039", "DCM", "Tracking Identifier"};
constexpr Code kTrackingUid{"112040", "DCM", "Tracking Unique Identifier"};
constexpr Code kFindingCategory{"276214006", "SCT", "Finding category"};
constexpr Code kFinding{"121071", "DCM", "Finding"}, kComment{"121106", "DCM", "Comment"};
constexpr Code kInterpretation{"363713009", "SCT", "Has interpretation"};
constexpr Code kNormal{"17621005", "SCT", "Normal"};
constexpr Code kSource{"260753009", "SCT", "Source"};
constexpr Code kImageRegion{"111030", "DCM", "Image Region"};
constexpr Code kArea{"42798000", "SCT", "Area"};
constexpr Code kSquareMillimetre{"mm2", "UCUM", "square millimeter"}, kPixels{"{pixels}", "UCUM", "pixels"};
constexpr Code kAlgorithmName{"111001", "DCM", "Algorithm Name"};
constexpr Code kAlgorithmVersion{"111003", "DCM", "Algorithm Version"};
constexpr Code kAlgorithmParameters{"111002", "DCM", "Algorithm Parameters"};

class ReportBuilder {
 public:
  ReportBuilder(DcmDataset& object, const FrameResult& result, const ResultContext& run)
      : object_(object), result_(result), run_(run) {}

  void build() {
    put(object_, DCM_ValueType, "CONTAINER");
    add_code(object_, DCM_ConceptNameCodeSequence, kReport);
    put(object_, DCM_ContinuityOfContent, "SEPARATE");
    put_template(object_, "1500");
    add_context();
    add_measurements();
    add_evaluations();
  }

 private:
  static constexpr auto kContext = Relationship::has_observation_context;

  std::string fit(const std::string& text, std::size_t max = kMaxText) { return fitted(object_, text, max); }

  /// Language, who observed (template 1004), and of what.
  void add_context() {
    add_coded(object_, Relationship::has_concept_modifier, kLanguage, kEnglish);
    const auto& algorithm = run_.algorithm;
    // A model is one device wherever it runs.
    const auto uid = Uids("device").of(algorithm.name + "/" + algorithm.model_sha256);
    add_coded(object_, kContext, kObserverType, kDevice);
    add_uid(object_, kContext, kDeviceUid, uid);
    add_text(object_, kContext, kDeviceName, fit(algorithm.name));
    add_text(object_, kContext, kDeviceManufacturer, "Fovea");
    add_text(object_, kContext, kDeviceModel, "Fovea " FOVEA_VERSION);
    add_coded(object_, Relationship::has_concept_modifier, kProcedureReported, kImagingProcedure);
  }

  void add_measurements() {
    const auto& finding = result_.finding;
    if (finding.regions.empty() && finding.scores.empty() && !finding.anomaly_score) return;
    auto& measurements = add_container(object_, kImagingMeasurements);
    int number = 0;
    for (const auto& region : finding.regions) add_region(measurements, region, ++number);
    for (const auto& [label, probability] : finding.scores) {
      add_image_group(measurements, "Image, " + label, probability, &label);
    }
    if (finding.anomaly_score) {
      add_image_group(measurements, "Image, anything abnormal", *finding.anomaly_score, nullptr);
    }
  }

  DcmItem& add_group(DcmItem& measurements, const char* number, const std::string& tracking) {
    auto& group = add_container(measurements, kGroup);
    put_template(group, number);
    add_text(group, kContext, kTrackingIdentifier, fit(tracking));
    add_uid(group, kContext, kTrackingUid, run_.uids.of("tracking/" + instance_name(result_) + "/" + tracking));
    return group;
  }

  /// Template 4019.
  void add_algorithm(DcmItem& group) {
    constexpr auto kModifier = Relationship::has_concept_modifier;
    add_text(group, kModifier, kAlgorithmName, fit(run_.algorithm.name));
    add_text(group, kModifier, kAlgorithmVersion, fit(algorithm_version(run_.algorithm)));
    if (!run_.algorithm.parameters.empty()) {
      add_text(group, kModifier, kAlgorithmParameters, fit(run_.algorithm.parameters));
    }
  }

  void add_codes(DcmItem& group, const std::string& label) {
    if (is_normal(label)) {
      add_coded(group, Relationship::contains, kFinding, kNormal);
      return;
    }
    const auto codes = codes_of(label);
    add_coded(group, Relationship::contains, kFindingCategory, codes.category);
    add_coded(group, Relationship::contains, kFinding, codes.type);
    if (codes.modifier) add_coded(group, Relationship::contains, kInterpretation, *codes.modifier);
  }

  /// Template 1410.
  void add_region(DcmItem& measurements, const Region& region, int number) {
    const auto points = region.contours.empty() ? std::vector<float>{} : outline(region.contours.front());
    const bool drawn = !points.empty();
    auto& group =
        add_group(measurements, drawn ? "1410" : "1501", "Region " + std::to_string(number) + ", " + region.label);
    add_algorithm(group);
    add_codes(group, region.label);
    if (drawn) {
      add_image(add_polyline(group, kImageRegion, points), Relationship::selected_from, nullptr, result_);
    } else {
      add_image(group, Relationship::contains, &kSource, result_);
    }
    if (region.area_mm2) {
      add_number(group, kArea, *region.area_mm2, kSquareMillimetre);
    } else {
      add_number(group, kArea, region.area_px, kPixels);
    }
    add_number(group, codes::kProbability, region.score, codes::kNoUnits);
  }

  /// Template 1501: a probability of the image as a whole.
  void add_image_group(DcmItem& measurements, const std::string& tracking, double probability,
                       const std::string* label) {
    auto& group = add_group(measurements, "1501", tracking);
    add_algorithm(group);
    if (label != nullptr) {
      add_codes(group, *label);
    } else {
      add_coded(group, Relationship::contains, kFinding, codes::kAbnormalStructure);
    }
    add_image(group, Relationship::contains, &kSource, result_);
    add_number(group, codes::kProbability, probability, codes::kNoUnits);
  }

  void add_evaluations() {
    const auto& finding = result_.finding;
    auto& evaluations = add_container(object_, kQualitative);
    const bool captioned = finding.caption && !finding.caption->hypotheses.empty();
    const auto caption = captioned ? fit(finding.caption->hypotheses.front().text) : std::string();
    if (!caption.empty()) add_text(evaluations, Relationship::contains, kFinding, caption);
    if (finding.regions.empty()) {
      add_text(evaluations, Relationship::contains, kComment, "No region reaches the threshold of the model.");
    }
    if (finding.unfamiliar) {
      add_text(evaluations, Relationship::contains, kComment,
               "The image is unlike those that the model was trained on; its results are not to be relied on.");
    }
    add_text(evaluations, Relationship::contains, kComment, fit(derivation_text(run_, "found by an algorithm")));
  }

  DcmDataset& object_;
  const FrameResult& result_;
  const ResultContext& run_;
};

/// Current Requested Procedure Evidence: what the report refers to.
void put_evidence(DcmDataset& object, const FrameResult& result) {
  const auto& source = *result.source;
  auto& study = add_item(object, DCM_CurrentRequestedProcedureEvidenceSequence);
  put(study, DCM_StudyInstanceUID, source.study_uid());
  auto& series = add_item(study, DCM_ReferencedSeriesSequence);
  put(series, DCM_SeriesInstanceUID, source.series_uid());
  auto& instance = add_item(series, DCM_ReferencedSOPSequence);
  put(instance, DCM_ReferencedSOPClassUID, source.sop_class_uid());
  put(instance, DCM_ReferencedSOPInstanceUID, source.sop_uid());
}

}  // namespace

void write_report(const std::filesystem::path& path, const FrameResult& result, const ResultContext& run) {
  check_results({&result, 1});
  auto object = begin_object(*result.source, run, kKind, instance_name(result));
  put_instance_number(*object, result);
  put_content_time(*object, run);
  put(*object, DCM_CompletionFlag, "COMPLETE");
  put(*object, DCM_VerificationFlag, "UNVERIFIED");
  put(*object, DCM_PreliminaryFlag, "PRELIMINARY");
  put_empty_sequence(*object, DCM_ReferencedPerformedProcedureStepSequence);
  put_empty_sequence(*object, DCM_PerformedProcedureCodeSequence);
  put_evidence(*object, result);
  ReportBuilder(*object, result, run).build();
  write_object(path, *object, run);
}

}  // namespace fovea::dicom_out
