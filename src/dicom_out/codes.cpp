#include "dicom_out/codes.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcitem.h>

#include "dicom_out/attributes.hpp"

namespace fovea::dicom_out {
namespace {

struct Meaning {
  std::string_view label;
  FindingCodes codes;
};

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

FindingCodes codes_of(const std::string& label) {
  using codes::kAbnormalStructure;
  using codes::kLesion;
  static constexpr Code kBenign{"30807003", "SCT", "Benign"}, kMalignant{"21594007", "SCT", "Malignant"};
  static constexpr std::array kMeanings{
      Meaning{"benign", {kAbnormalStructure, kLesion, kBenign}},
      Meaning{"malignant", {kAbnormalStructure, kLesion, kMalignant}},
      Meaning{"lesion", {kAbnormalStructure, kLesion, {}}},
      Meaning{"polyp", {kAbnormalStructure, {"41329004", "SCT", "Polyp"}, {}}},
      Meaning{"mass", {kAbnormalStructure, {"4147007", "SCT", "Mass"}, {}}},
      Meaning{"nodule", {kAbnormalStructure, {"27925004", "SCT", "Nodule"}, {}}},
      Meaning{"cyst", {kAbnormalStructure, {"367643001", "SCT", "Cyst"}, {}}},
      Meaning{"tumor", {kAbnormalStructure, {"108369006", "SCT", "Neoplasm"}, {}}},
  };
  const auto* found = std::ranges::find(kMeanings, lower_case(label), &Meaning::label);
  if (found != kMeanings.end()) return found->codes;
  return {kAbnormalStructure, kAbnormalStructure, {}};
}

bool is_normal(const std::string& label) { return lower_case(label) == "normal"; }

DcmItem& add_code(DcmItem& item, const DcmTagKey& tag, const Code& code) {
  auto& entry = add_item(item, tag);
  put(entry, DCM_CodeValue, code.value);
  put(entry, DCM_CodingSchemeDesignator, code.scheme);
  put(entry, DCM_CodeMeaning, code.meaning);
  return entry;
}

}  // namespace fovea::dicom_out
