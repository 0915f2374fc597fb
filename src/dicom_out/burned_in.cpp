#include "dicom_out/burned_in.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>

#include "dicom/values.hpp"

namespace fovea::dicom_out {

std::optional<std::string> burned_in_warning(const Source& source) {
  DcmItem& item = source.attributes();
  const auto burned_in = dicom::text(item, DCM_BurnedInAnnotation);
  if (burned_in == "YES") {
    return source.name() +
           ": its pixels show patient data (Burned In Annotation is YES), and so do pictures made of it";
  }
  if (dicom::text(item, DCM_RecognizableVisualFeatures) == "YES") {
    return source.name() + ": the patient can be recognized in it (Recognizable Visual Features is YES)";
  }
  if (burned_in == "NO") return std::nullopt;
  static constexpr std::array<std::string_view, 8> kOften{"US", "OT", "SC", "ES", "XC", "IVUS", "DOC", "ECG"};
  static constexpr std::string_view kSecondaryCapture = "1.2.840.10008.5.1.4.1.1.7";
  if (std::ranges::find(kOften, source.modality()) == kOften.end() && source.sop_class_uid() != kSecondaryCapture) {
    return std::nullopt;
  }
  return source.name() +
         ": whether its pixels show patient data is not said (Burned In Annotation is missing), and images "
         "of its kind (" +
         source.modality() + ") often do";
}

}  // namespace fovea::dicom_out
