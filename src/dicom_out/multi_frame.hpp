/// @file What Segmentation and Parametric Map objects share: one frame after another of a series (PS3.3, section
/// C.7.6.16).
#pragma once

#include <string>
#include <vector>

#include "dicom_out/result.hpp"

namespace fovea::dicom_out {

/// The functional groups that hold a series' planes.
class Planes {
 public:
  explicit Planes(const std::vector<FrameResult>& frames);

  /// Empty when every frame has its plane, or a sentence that says which file lacks what.
  const std::string& missing() const noexcept { return missing_; }
  /// Pixel measures and orientation, where all frames share them.
  void put_shared(DcmItem& groups) const;
  /// The frame's position, and what it does not share with the others.
  void put_frame(DcmItem& groups, const FrameResult& result) const;

 private:
  std::string missing_;
  void put_measures(DcmItem& groups, DcmItem& from) const;

  bool same_measures_ = true, same_orientation_ = true;
  double distance_ = 0;  ///< of the first two planes, mm; 0: there is one
  const FrameResult* first_ = nullptr;
};

/// Rows, columns, number of frames and what else all multi-frame images have.
void put_multi_frame(DcmDataset& object, const ResultContext& run, const Source& source, std::size_t frames);

/// How frames are ordered: by their place in the stack, then, where `segments` is set, by segment.
void put_dimensions(DcmDataset& object, const ResultContext& run, bool segments);

/// Frame Content: `place` in the stack from 1, and the segment where there are segments (else 0).
void put_frame_content(DcmItem& groups, std::uint32_t place, std::uint32_t segment);

/// Derivation Description of the frames.
std::string derivation_description(DcmDataset& object, const ResultContext& run);

/// Derivation Image: the frame of the source.
void put_derivation_image(DcmItem& groups, const std::string& description, const FrameResult& result);

}  // namespace fovea::dicom_out
