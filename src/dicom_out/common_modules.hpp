/// @file What every result has: patient, study, series, equipment, SOP common (PS3.3, annex C).
#pragma once

#include <memory>
#include <string>

#include "dicom_out/result.hpp"
#include "dicom_out/texts.hpp"

namespace fovea::dicom_out {

/// A kind of result.
struct Kind {
  const char* name;                     ///< "seg"; of UIDs, never shown
  const char* sop_class;                ///< UID
  const char* modality;                 ///< empty: the source's
  const char* description;              ///< of the series
  int number;                           ///< tells the series of a source apart, 1 to 9
  bool has_body_part = true;            ///< whether its series say which part of the body they are of, and how it lay
  bool has_laterality = true;           ///< and of which side
  bool has_frame_of_reference = false;  ///< whether its pixels lie in the source's
};

/// Begins an object derived from `source`: copies its patient, study and character set, begins one series for each kind
/// and series of sources, and says what made it. `instance`: what tells instances of the series apart, for the UID.
/// All that may be in the source's character set is copied here, before texts of our own may change that.
/// @throws Error: usage when the algorithm has no name.
std::unique_ptr<DcmDataset> begin_object(const Source& source, const ResultContext& run, const Kind& kind,
                                         const std::string& instance);

/// The name of a frame's result for begin_object().
std::string instance_name(const FrameResult& result);

/// Instance Number: the source's own, or the frame's.
void put_instance_number(DcmDataset& object, const FrameResult& result);

/// Content Date and Time.
void put_content_time(DcmDataset& object, const ResultContext& run);

/// Whether pixels were ever compressed with loss (once they were, so are results), with ratio and method;
/// `also_when_not`: says that they were not, too.
void put_lossy_history(DcmDataset& object, const Source& source, bool also_when_not);

/// "Fovea 0.1.0, highlight-breast-ultrasound 1.0: <what>. Research use only, not a medical device."
std::string derivation_text(const ResultContext& run, const std::string& what);

/// Version of the model, else the beginning of its hash, else "unknown".
std::string algorithm_version(const Algorithm& algorithm);

}  // namespace fovea::dicom_out
