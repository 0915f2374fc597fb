/// @file Coded concepts (PS3.16) and which one a label of a model means.
#pragma once

#include <optional>
#include <string>

class DcmItem;
class DcmTagKey;

namespace fovea::dicom_out {

struct Code {
  const char* value;
  const char* scheme;  ///< designator: SCT, DCM, UCUM ...
  const char* meaning;
};

namespace codes {
inline constexpr Code kAcquisitionEquipment{"109101", "DCM", "Acquisition Equipment"};
inline constexpr Code kProcessingEquipment{"109102", "DCM", "Processing Equipment"};
inline constexpr Code kArtificialIntelligence{"123110", "DCM", "Artificial Intelligence"};
inline constexpr Code kSegmentation{"113076", "DCM", "Segmentation"};
inline constexpr Code kSourceImage{"121322", "DCM", "Source image for image processing operation"};
inline constexpr Code kProbability{"122157", "DCM", "Probability"};
inline constexpr Code kQuantity{"246205007", "SCT", "Quantity"};
inline constexpr Code kNoUnits{"1", "UCUM", "no units"};
inline constexpr Code kAbnormalStructure{"49755003", "SCT", "Morphologically Abnormal Structure"};
inline constexpr Code kLesion{"52988006", "SCT", "Lesion"};
}  // namespace codes

/// What a label says, in codes: never more than the label does.
struct FindingCodes {
  Code category;                 ///< CID 7150
  Code type;                     ///< CID 7151 where it has one that fits
  std::optional<Code> modifier;  ///< of the type: Benign, Malignant
};

/// Labels without a code of their own are a Morphologically Abnormal Structure; their name goes with them as text.
FindingCodes codes_of(const std::string& label);

/// Whether a label says that nothing is abnormal.
bool is_normal(const std::string& label);

/// Adds an item with the code to a sequence.
DcmItem& add_code(DcmItem& item, const DcmTagKey& tag, const Code& code);

}  // namespace fovea::dicom_out
