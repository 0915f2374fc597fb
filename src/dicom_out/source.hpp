/// @file The DICOM object that a result was derived from.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "dicom/dataset.hpp"

class DcmItem;
class DcmTagKey;

namespace fovea::dicom_out {

/// What results need of a source: a copy of its attributes, without pixels, overlays and private attributes, which are
/// so never copied. For one thread at a time: DCMTK searches with a cursor.
class Source {
 public:
  /// @throws Error: corrupt when an attribute is missing that every object needs (Study, Series and SOP Instance UID,
  /// SOP Class UID, Rows, Columns) or is no UID.
  explicit Source(const dicom::Dataset& file);
  ~Source();

  DcmDataset& attributes() const noexcept { return *attributes_; }
  const std::string& name() const noexcept { return name_; }
  const std::string& study_uid() const noexcept { return study_uid_; }
  const std::string& series_uid() const noexcept { return series_uid_; }
  const std::string& sop_class_uid() const noexcept { return sop_class_uid_; }
  const std::string& sop_uid() const noexcept { return sop_uid_; }
  const std::optional<std::string>& frame_of_reference_uid() const noexcept { return frame_of_reference_uid_; }
  const std::string& modality() const noexcept { return modality_; }  ///< "OT" where it has none
  int rows() const noexcept { return rows_; }
  int columns() const noexcept { return columns_; }
  int frames() const noexcept { return frames_; }
  bool is_grey() const noexcept { return grey_; }  ///< MONOCHROME1 or 2
  bool is_lossy() const noexcept { return lossy_; }

  /// The item of a functional group macro (PS3.3, section C.7.6.16) that holds for frame `frame`, from 1: its own, else
  /// the one that all frames share; null where there is none.
  DcmItem* functional_group(const DcmTagKey& macro, int frame) const;

  /// @throws Error: usage when `frame` is not one of this source's.
  void check_frame(int frame) const;

 private:
  dicom::Runtime runtime_;
  std::unique_ptr<DcmDataset> attributes_;
  std::string name_, study_uid_, series_uid_, sop_class_uid_, sop_uid_, modality_;
  std::optional<std::string> frame_of_reference_uid_;
  int rows_ = 0, columns_ = 0, frames_ = 1;
  bool grey_ = false, lossy_ = false;
};

}  // namespace fovea::dicom_out
