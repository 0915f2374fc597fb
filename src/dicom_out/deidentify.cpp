#include "dicom_out/deidentify.hpp"

#include <cstdint>
#include <optional>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcsequen.h>

#include "dicom/values.hpp"
#include "dicom_out/attributes.hpp"
#include "dicom_out/codes.hpp"
#include "dicom_out/confidentiality_table.hpp"

namespace fovea::dicom_out {
namespace {

std::uint32_t number_of(const DcmTagKey& tag) {
  return static_cast<std::uint32_t>(tag.getGroup()) << 16 | tag.getElement();
}

/// What Fovea itself writes: made of codes, labels and coordinates, with nothing of the patient but UIDs.
bool is_own_content(const DcmTagKey& tag) { return tag == DCM_ContentSequence || tag == DCM_GraphicAnnotationSequence; }

/// The profile removes these, and no presentation state is valid without them.
bool is_needed(const DcmTagKey& tag) {
  return tag == DCM_PresentationCreationDate || tag == DCM_PresentationCreationTime;
}

const char* dummy_of(DcmEVR type) {
  switch (type) {
    case EVR_DA:
      return "19000101";
    case EVR_TM:
      return "000000";
    case EVR_DT:
      return "19000101000000";
    case EVR_AS:
      return "000Y";
    case EVR_DS:
    case EVR_IS:
      return "0";
    default:
      return "ANONYMIZED";
  }
}

bool holds_text(DcmEVR type) {
  switch (type) {
    case EVR_AE:
    case EVR_AS:
    case EVR_CS:
    case EVR_DA:
    case EVR_DS:
    case EVR_DT:
    case EVR_IS:
    case EVR_LO:
    case EVR_LT:
    case EVR_PN:
    case EVR_SH:
    case EVR_ST:
    case EVR_TM:
    case EVR_UC:
    case EVR_UR:
    case EVR_UT:
      return true;
    default:
      return false;
  }
}

/// Calls `visit` with each item of an element, if it is a sequence.
template <typename Visit>
void for_each_item(DcmElement& element, Visit visit) {
  auto* sequence = dynamic_cast<DcmSequenceOfItems*>(&element);
  if (sequence == nullptr) return;
  for (unsigned long i = 0; i < sequence->card(); ++i) visit(*sequence->getItem(i));
}

}  // namespace

std::string Deidentifier::uid(const std::string& uid) const {
  constexpr std::string_view kStandard = "1.2.840.10008.";
  return uid.starts_with(kStandard) ? uid : uids_.of("uid/" + uid);
}

std::string Deidentifier::hash(std::string_view text) const {
  return keyed_hash(uids_.key(), "text/" + std::string(text)).substr(0, 16);
}

void Deidentifier::replace_uids(DcmItem& item) const {
  for (unsigned long i = 0; i < item.card(); ++i) {
    auto& element = *item.getElement(i);
    for_each_item(element, [this](DcmItem& nested) { replace_uids(nested); });
    if (element.ident() != EVR_UI || profile_action(number_of(element.getTag())) != ProfileAction::uids) continue;
    if (const auto value = dicom::text(item, element.getTag())) put(item, element.getTag(), uid(*value));
  }
}

void Deidentifier::clean(DcmItem& item) const {
  for (unsigned long i = item.card(); i-- > 0;) {
    auto& element = *item.getElement(i);
    const DcmTagKey tag = element.getTag().getXTag();
    auto action = profile_action(number_of(tag));
    if (is_own_content(tag)) {
      for_each_item(element, [this](DcmItem& nested) { replace_uids(nested); });
      continue;
    }
    if (is_needed(tag)) action = ProfileAction::replace;
    if (action == ProfileAction::replace && !holds_text(element.ident())) action = ProfileAction::empty;
    switch (action) {
      case ProfileAction::remove:
        delete item.remove(i);
        break;
      case ProfileAction::empty:
        put_empty(item, tag);
        break;
      case ProfileAction::replace:
        if (!element.isEmpty()) put(item, tag, dummy_of(element.ident()));
        break;
      case ProfileAction::uids:
      case ProfileAction::keep:
        if (action == ProfileAction::uids && element.ident() == EVR_UI) {
          if (const auto value = dicom::text(item, tag)) put(item, tag, uid(*value));
        } else {
          for_each_item(element, [this](DcmItem& nested) { clean(nested); });
        }
        break;
    }
  }
}

void Deidentifier::apply(DcmDataset& object) const {
  const auto id = dicom::text(object, DCM_PatientID);
  clean(object);
  // The profile allows a dummy: with it, archives keep patients apart.
  if (id) {
    const auto pseudonym = "ANON-" + hash("patient/" + *id);
    put(object, DCM_PatientID, pseudonym);
    put(object, DCM_PatientName, pseudonym);
  }
  put(object, DCM_PatientIdentityRemoved, "YES");
  put(object, DCM_LongitudinalTemporalInformationModified, "REMOVED");
  put(object, DCM_DeidentificationMethod, "Fovea: PS3.15 Basic Application Level Confidentiality Profile");
  object.findAndDeleteElement(DCM_DeidentificationMethodCodeSequence);
  for (const Code& code :
       {Code{"113100", "DCM", "Basic Application Confidentiality Profile"},
        Code{"113103", "DCM", "Clean Graphics Option"}, Code{"113104", "DCM", "Clean Structured Content Option"}}) {
    add_code(object, DCM_DeidentificationMethodCodeSequence, code);
  }
}

}  // namespace fovea::dicom_out
