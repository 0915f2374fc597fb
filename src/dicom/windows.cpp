#include "dicom/windows.hpp"

#include <algorithm>
#include <string>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>

#include "dicom/values.hpp"
#include "fovea/error.hpp"

namespace fovea::dicom {
namespace {

VoiFunction read_function(DcmItem& item) {
  const auto name = text(item, DCM_VOILUTFunction).value_or("LINEAR");
  if (name == "SIGMOID") return VoiFunction::sigmoid;
  return name == "LINEAR_EXACT" ? VoiFunction::linear_exact : VoiFunction::linear;
}

}  // namespace

std::vector<Window> windows_of(DcmItem& item) {
  const auto centres = numbers(item, DCM_WindowCenter);
  const auto widths = numbers(item, DCM_WindowWidth);
  std::vector<Window> windows;
  for (std::size_t i = 0; i < std::min(centres.size(), widths.size()); ++i) {
    windows.push_back({.centre = centres[i], .width = widths[i], .function = read_function(item)});
  }
  return windows;
}

bool is_valid(const Window& window) {
  return window.function == VoiFunction::linear ? window.width >= 1 : window.width > 0;
}

std::vector<Window> read_windows(const Dataset& file, int frame) {
  auto windows = windows_of(file.attributes());
  return windows.empty() ? windows_of(file.group_of(DCM_FrameVOILUTSequence, frame)) : windows;
}

Window find_window(const Dataset& file, int frame, int index) {
  const auto windows = read_windows(file, frame);
  if (index < 1 || static_cast<std::size_t>(index) > windows.size()) {
    throw Error(ErrorCode::usage, file.name() + ": window " + std::to_string(index) +
                                      " was asked for, but the file has " + std::to_string(windows.size()));
  }
  const auto window = windows[static_cast<std::size_t>(index - 1)];
  if (!is_valid(window)) {
    throw Error(ErrorCode::usage, file.name() + ": window " + std::to_string(index) + " has the width " +
                                      std::to_string(window.width) + ", which shows nothing");
  }
  return window;
}

}  // namespace fovea::dicom
