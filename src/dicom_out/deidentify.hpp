/// @file De-identified results (PS3.15, annex E).
#pragma once

#include <string>
#include <string_view>

#include "dicom_out/uids.hpp"

class DcmDataset;
class DcmItem;

namespace fovea::dicom_out {

/// Applies the Basic Application Level Confidentiality Profile to results of Fovea. What replaces a UID, a patient's ID
/// or any text is a keyed hash of it: the same within a run, and, without the key, not to be traced back. Immutable.
class Deidentifier {
 public:
  Deidentifier() = default;  ///< with a random key
  explicit Deidentifier(std::string key) : uids_(std::move(key)) {}

  /// De-identifies an object that this room has made. Contours, labels and content of reports are its own and stay
  /// (Clean Graphics and Clean Structured Content options); pixels are not looked at.
  void apply(DcmDataset& object) const;

  /// What stands for a UID. Those that the standard defines stay.
  std::string uid(const std::string& uid) const;
  /// What stands for a text, such as the path of an input: 16 hex digits.
  std::string hash(std::string_view text) const;

 private:
  void clean(DcmItem& item) const;
  void replace_uids(DcmItem& item) const;

  Uids uids_;
};

}  // namespace fovea::dicom_out
