/// @file How DICOM images are shown.
#pragma once

#include <optional>

namespace fovea {

/// The function of a window (PS3.3, section C.11.2.1.2 and .3).
enum class VoiFunction { linear, linear_exact, sigmoid };

/// Which values are shown between black and white, in units after the modality's rescale (CT: Hounsfield units).
struct Window {
  double centre = 0;
  double width = 1;
  VoiFunction function = VoiFunction::linear;
};

/// How grey values are brought to 8 bits.
struct DisplayOptions {
  std::optional<Window> window{};  ///< empty: what the file says
  /// Which of the file's windows, from 1; those of a frame's functional groups when the data set has none of its own.
  /// 0: the VOI look-up table or first window of the data set, else the whole range of the frame's values.
  int window_index = 0;
};

}  // namespace fovea
