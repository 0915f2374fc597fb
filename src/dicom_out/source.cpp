#include "dicom_out/source.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcsequen.h>

#include "dicom/values.hpp"
#include "fovea/error.hpp"

namespace fovea::dicom_out {
namespace {

[[noreturn]] void fail(const std::string& file, const std::string& what) {
  throw Error(ErrorCode::corrupt, file + ": no DICOM result can be made of this file: " + what);
}

std::string required_uid(DcmItem& item, const DcmTagKey& tag, const char* title, const std::string& file) {
  const auto uid = dicom::text(item, tag);
  if (!uid) fail(file, std::string("'") + title + "' is missing, which every result must name");
  const bool is_uid = uid->size() <= 64 && uid->find_first_not_of("0123456789.") == std::string::npos;
  if (!is_uid) fail(file, std::string("'") + title + "' is '" + *uid + "', expected digits and dots, 64 at most");
  return *uid;
}

int required_size(DcmItem& item, const DcmTagKey& tag, const char* title, const std::string& file) {
  const auto value = dicom::integer(item, tag);
  if (!value || *value < 1 || *value > 65535) fail(file, std::string("'") + title + "' is missing or not 1 to 65535");
  return static_cast<int>(*value);
}

/// Removes private attributes at all depths, and at the top the data that no result needs.
void strip(DcmItem& item, bool top) {
  for (unsigned long i = item.card(); i-- > 0;) {
    auto* element = item.getElement(i);
    const auto group = element->getGTag();
    const bool overlay_or_curve = (group & 0xFF00) == 0x6000 || (group & 0xFF00) == 0x5000;
    const bool icon = element->getTag() == DCM_IconImageSequence;
    if (group % 2 != 0 || (top && (overlay_or_curve || icon))) {
      delete item.remove(i);
      continue;
    }
    if (auto* sequence = dynamic_cast<DcmSequenceOfItems*>(element)) {
      for (unsigned long k = 0; k < sequence->card(); ++k) strip(*sequence->getItem(k), false);
    }
  }
}

/// Whether pixels in a syntax have lost something: JPEG but not lossless, near-lossless JPEG-LS. The JPEG 2000 syntaxes
/// that may lose need not have.
bool is_lossy_syntax(std::string_view uid) {
  static constexpr std::array<std::string_view, 5> kLossy{"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51",
                                                          "1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55",
                                                          "1.2.840.10008.1.2.4.81"};
  return std::ranges::find(kLossy, uid) != kLossy.end();
}

}  // namespace

Source::Source(const dicom::Dataset& file)
    : attributes_(std::make_unique<DcmDataset>(file.attributes())), name_(file.name()) {
  auto& item = *attributes_;
  study_uid_ = required_uid(item, DCM_StudyInstanceUID, "Study Instance UID", name_);
  series_uid_ = required_uid(item, DCM_SeriesInstanceUID, "Series Instance UID", name_);
  sop_class_uid_ = required_uid(item, DCM_SOPClassUID, "SOP Class UID", name_);
  sop_uid_ = required_uid(item, DCM_SOPInstanceUID, "SOP Instance UID", name_);
  rows_ = required_size(item, DCM_Rows, "Rows", name_);
  columns_ = required_size(item, DCM_Columns, "Columns", name_);
  frames_ = static_cast<int>(std::clamp(dicom::integer(item, DCM_NumberOfFrames).value_or(1), 1L, 0x7FFFFFFFL));
  modality_ = dicom::text(item, DCM_Modality).value_or("OT");
  frame_of_reference_uid_ = dicom::text(item, DCM_FrameOfReferenceUID);
  grey_ = dicom::text(item, DCM_PhotometricInterpretation).value_or("").starts_with("MONOCHROME");
  lossy_ = dicom::text(item, DCM_LossyImageCompression) == "01" || is_lossy_syntax(file.syntax().uid);
  strip(item, true);
}

Source::~Source() = default;

DcmItem* Source::functional_group(const DcmTagKey& macro, int frame) const {
  for (auto* groups : {dicom::sequence_item(*attributes_, DCM_PerFrameFunctionalGroupsSequence, frame - 1),
                       dicom::sequence_item(*attributes_, DCM_SharedFunctionalGroupsSequence, 0)}) {
    if (groups == nullptr) continue;
    if (auto* item = dicom::sequence_item(*groups, macro, 0)) return item;
  }
  return nullptr;
}

void Source::check_frame(int frame) const {
  if (frame >= 1 && frame <= frames_) return;
  throw Error(ErrorCode::usage, name_ + ": a result of frame " + std::to_string(frame) + " was given, and it has " +
                                    std::to_string(frames_));
}

}  // namespace fovea::dicom_out
