#include "image/burned_in.hpp"

#include <algorithm>
#include <array>

namespace fovea::image {

BurnedIn burned_in(const ScanIdentity& identity) noexcept {
  if (identity.burned_in_annotation) return *identity.burned_in_annotation ? BurnedIn::yes : BurnedIn::no;
  static constexpr std::array<std::string_view, 8> kOften{"US", "OT", "SC", "ES", "XC", "IVUS", "DOC", "ECG"};
  static constexpr std::string_view kSecondaryCapture = "1.2.840.10008.5.1.4.1.1.7";
  static constexpr std::string_view kMultiFrameCaptures = "1.2.840.10008.5.1.4.1.1.7.";
  const bool often = std::ranges::find(kOften, identity.modality) != kOften.end() ||
                     identity.sop_class_uid == kSecondaryCapture ||
                     identity.sop_class_uid.starts_with(kMultiFrameCaptures);
  return often ? BurnedIn::possible : BurnedIn::no;
}

std::string_view warning_of(BurnedIn burned_in) noexcept {
  switch (burned_in) {
    case BurnedIn::yes:
      return "the file says that its pixels show who the patient is (Burned In Annotation): pictures made of them do "
             "so "
             "too";
    case BurnedIn::possible:
      return "the file does not say whether its pixels show who the patient is (Burned In Annotation is missing), and "
             "images of its kind often do: look at pictures made of them before you pass them on";
    case BurnedIn::no:
      break;
  }
  return {};
}

}  // namespace fovea::image
