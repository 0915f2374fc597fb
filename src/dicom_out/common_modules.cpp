#include "dicom_out/common_modules.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>

#include "dicom/values.hpp"
#include "dicom_out/attributes.hpp"
#include "dicom_out/codes.hpp"
#include "fovea/error.hpp"
#include "fovea/version.hpp"

namespace fovea::dicom_out {
namespace {

/// The Patient, Patient Study, General Study and Clinical Trial modules: what the source has of these.
void copy_patient_and_study(DcmItem& source, DcmItem& object) {
  // Type 2: there, if empty.
  for (const auto& tag : {DCM_PatientName, DCM_PatientID, DCM_PatientBirthDate, DCM_PatientSex, DCM_StudyDate,
                          DCM_StudyTime, DCM_ReferringPhysicianName, DCM_StudyID, DCM_AccessionNumber}) {
    copy_or_empty(source, object, tag);
  }
  for (const auto& tag :
       {DCM_IssuerOfPatientID, DCM_IssuerOfPatientIDQualifiersSequence, DCM_PatientBirthTime,
        DCM_OtherPatientIDsSequence, DCM_EthnicGroup, DCM_PatientComments, DCM_PatientSpeciesDescription,
        DCM_PatientSpeciesCodeSequence, DCM_PatientBreedDescription, DCM_PatientBreedCodeSequence,
        DCM_BreedRegistrationSequence, DCM_ResponsiblePerson, DCM_ResponsiblePersonRole, DCM_ResponsibleOrganization,
        DCM_PatientIdentityRemoved, DCM_DeidentificationMethod, DCM_DeidentificationMethodCodeSequence,
        DCM_LongitudinalTemporalInformationModified,
        // patient study
        DCM_AdmittingDiagnosesDescription, DCM_PatientAge, DCM_PatientSize, DCM_PatientWeight, DCM_PatientSexNeutered,
        DCM_Occupation, DCM_AdditionalPatientHistory,
        // study
        DCM_StudyDescription, DCM_IssuerOfAccessionNumberSequence, DCM_PhysiciansOfRecord,
        DCM_NameOfPhysiciansReadingStudy, DCM_ProcedureCodeSequence}) {
    copy(source, object, tag);
  }
  if (const auto sex = dicom::text(object, DCM_PatientSex); sex != "M" && sex != "F" && sex != "O") {
    put_empty(object, DCM_PatientSex);
  }
  // How is needed where it says that.
  if (dicom::text(object, DCM_PatientIdentityRemoved) == "YES" && !dicom::text(object, DCM_DeidentificationMethod) &&
      dicom::sequence_item(object, DCM_DeidentificationMethodCodeSequence, 0) == nullptr) {
    put(object, DCM_DeidentificationMethod, "not stated by the source");
  }
  // Without sponsor, protocol and subject the modules of a trial would not be whole.
  if (!dicom::text(source, DCM_ClinicalTrialSponsorName) || !dicom::text(source, DCM_ClinicalTrialProtocolID)) return;
  for (const auto& tag : {DCM_ClinicalTrialSponsorName, DCM_ClinicalTrialProtocolID, DCM_ClinicalTrialSubjectID,
                          DCM_ClinicalTrialSubjectReadingID, DCM_ClinicalTrialTimePointDescription}) {
    copy(source, object, tag);
  }
  for (const auto& tag : {DCM_ClinicalTrialProtocolName, DCM_ClinicalTrialSiteID, DCM_ClinicalTrialSiteName,
                          DCM_ClinicalTrialTimePointID}) {
    copy_or_empty(source, object, tag);
  }
}

/// Manufacturer to Software Versions of this software: of the object, or of an item that names its equipment.
void put_equipment(DcmDataset& object, DcmItem& item, const Algorithm& algorithm) {
  put(item, DCM_Manufacturer, "Fovea");
  put(item, DCM_ManufacturerModelName, fitted(object, algorithm.name, kMaxLong));
  // The model is what tells one installation's results from another's.
  put(item, DCM_DeviceSerialNumber, algorithm.model_sha256.empty() ? "0" : algorithm.model_sha256.substr(0, 64));
  put(item, DCM_SoftwareVersions, FOVEA_VERSION "\\" + fitted(object, algorithm_version(algorithm), kMaxLong));
}

/// Contributing equipment: what acquired the source, and what the source says contributed to it.
void copy_contributing_equipment(DcmItem& source, DcmDataset& object) {
  DcmItem acquisition;
  if (copy(source, acquisition, DCM_Manufacturer)) {
    for (const auto& tag : {DCM_InstitutionName, DCM_StationName, DCM_InstitutionalDepartmentName,
                            DCM_ManufacturerModelName, DCM_DeviceSerialNumber, DCM_SoftwareVersions}) {
      copy(source, acquisition, tag);
    }
    add_code(acquisition, DCM_PurposeOfReferenceCodeSequence, codes::kAcquisitionEquipment);
    add_copy(object, DCM_ContributingEquipmentSequence, acquisition);
  }
  for (int i = 0; auto* item = dicom::sequence_item(source, DCM_ContributingEquipmentSequence, i); ++i) {
    add_copy(object, DCM_ContributingEquipmentSequence, *item);
  }
}

void add_own_contribution(DcmDataset& object, const ResultContext& run, const Moment& now) {
  auto& own = add_item(object, DCM_ContributingEquipmentSequence);
  add_code(own, DCM_PurposeOfReferenceCodeSequence, codes::kProcessingEquipment);
  put_equipment(object, own, run.algorithm);
  put(own, DCM_ContributionDateTime, now.date + now.time);
  put(own, DCM_ContributionDescription, fitted(object, derivation_text(run, "results derived from images"), kMaxText));
}

/// Frame of Reference UID and Position Reference Indicator, where the source has them.
void put_frame_of_reference(const Source& source, DcmDataset& object) {
  if (!source.frame_of_reference_uid()) return;
  put(object, DCM_FrameOfReferenceUID, *source.frame_of_reference_uid());
  copy_or_empty(source.attributes(), object, DCM_PositionReferenceIndicator);
}

/// The side, which only parts of the body lack that there is one of (by their terms in PS3.16, annex L). Empty where it
/// is not known.
void put_laterality(DcmItem& source, DcmDataset& object) {
  static constexpr std::array<std::string_view, 51> kUnpaired{
      "ABDOMEN",        "ABDOMENPELVIS", "AORTA",       "BLADDER",  "BRAIN",    "CERVIX",    "CHEST",   "CHESTABDOMEN",
      "CHESTABDPELVIS", "COCCYX",        "COLON",       "CSPINE",   "DUODENUM", "ESOPHAGUS", "FACE",    "GALLBLADDER",
      "HEAD",           "HEADNECK",      "HEART",       "ILEUM",    "JAW",      "JEJUNUM",   "LARYNX",  "LIVER",
      "LSPINE",         "MAXILLA",       "MEDIASTINUM", "MOUTH",    "NECK",     "NECKCHEST", "NOSE",    "PANCREAS",
      "PELVIS",         "PENIS",         "PHARYNX",     "PROSTATE", "RECTUM",   "SKULL",     "SPINE",   "SPLEEN",
      "SSPINE",         "STERNUM",       "STOMACH",     "THYMUS",   "THYROID",  "TONGUE",    "TRACHEA", "TSPINE",
      "UTERUS",         "VAGINA",        "WHOLEBODY"};
  const auto side = dicom::text(source, DCM_Laterality);
  const auto part = dicom::text(source, DCM_BodyPartExamined);
  if (part && std::ranges::find(kUnpaired, *part) != kUnpaired.end()) return;
  put(object, DCM_Laterality, side == "L" || side == "R" ? *side : "");
}

void put_series(DcmDataset& object, const Source& source, const ResultContext& run, const Kind& kind,
                const Moment& now) {
  DcmItem& from = source.attributes();
  put(object, DCM_Modality, *kind.modality != '\0' ? kind.modality : source.modality());
  put(object, DCM_SeriesInstanceUID, run.uids.of(std::string("series/") + kind.name + "/" + source.series_uid()));
  const auto number = dicom::integer(from, DCM_SeriesNumber).value_or(0);
  put(object, DCM_SeriesNumber, std::to_string((number > 0 && number < 1'000'000 ? number : 90) * 100 + kind.number));
  put(object, DCM_SeriesDescription, fitted(object, std::string("Fovea ") + kind.description, kMaxLong));
  put(object, DCM_SeriesDate, now.date);
  put(object, DCM_SeriesTime, now.time);
  if (!kind.has_body_part) return;
  copy(from, object, DCM_BodyPartExamined);
  copy(from, object, DCM_PatientPosition);
  if (kind.has_laterality) put_laterality(from, object);
}

}  // namespace

std::string algorithm_version(const Algorithm& algorithm) {
  if (!algorithm.version.empty()) return algorithm.version;
  return algorithm.model_sha256.empty() ? "unknown" : algorithm.model_sha256.substr(0, 16);
}

std::string derivation_text(const ResultContext& run, const std::string& what) {
  return "Fovea " FOVEA_VERSION ", " + run.algorithm.name + " " + algorithm_version(run.algorithm) + ": " + what +
         ". Research use only, not a medical device.";
}

std::unique_ptr<DcmDataset> begin_object(const Source& source, const ResultContext& run, const Kind& kind,
                                         const std::string& instance) {
  if (run.algorithm.name.empty()) {
    throw Error(ErrorCode::usage, "a DICOM result needs the name of the model that found it, and none was given");
  }
  auto object = std::make_unique<DcmDataset>();
  DcmItem& from = source.attributes();
  copy(from, *object, DCM_SpecificCharacterSet);
  copy(from, *object, DCM_TimezoneOffsetFromUTC);
  copy_patient_and_study(from, *object);
  put(*object, DCM_StudyInstanceUID, source.study_uid());

  copy_contributing_equipment(from, *object);
  if (kind.has_frame_of_reference) put_frame_of_reference(source, *object);

  const auto now = moment_of(run.time, from);
  put_series(*object, source, run, kind, now);
  put_equipment(*object, *object, run.algorithm);
  add_own_contribution(*object, run, now);

  put(*object, DCM_SOPClassUID, kind.sop_class);
  put(*object, DCM_SOPInstanceUID,
      run.uids.of(std::string("instance/") + kind.name + "/" + source.series_uid() + "/" + instance));
  put(*object, DCM_InstanceCreationDate, now.date);
  put(*object, DCM_InstanceCreationTime, now.time);
  return object;
}

std::string instance_name(const FrameResult& result) {
  return result.source->sop_uid() + "/" + std::to_string(result.frame);
}

void put_instance_number(DcmDataset& object, const FrameResult& result) {
  const auto own = dicom::integer(result.source->attributes(), DCM_InstanceNumber);
  const bool use_own = result.source->frames() == 1 && own && *own > 0 && *own <= 0x7FFFFFFF;
  put(object, DCM_InstanceNumber, std::to_string(use_own ? *own : result.frame));
}

void put_content_time(DcmDataset& object, const ResultContext& run) {
  const auto now = moment_of(run.time, object);
  put(object, DCM_ContentDate, now.date);
  put(object, DCM_ContentTime, now.time);
}

void put_lossy_history(DcmDataset& object, const Source& source, bool also_when_not) {
  if (!source.is_lossy()) {
    if (also_when_not) put(object, DCM_LossyImageCompression, "00");
    return;
  }
  put(object, DCM_LossyImageCompression, "01");
  copy(source.attributes(), object, DCM_LossyImageCompressionRatio);
  copy(source.attributes(), object, DCM_LossyImageCompressionMethod);
}

}  // namespace fovea::dicom_out
