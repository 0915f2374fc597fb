/// @file What every page of a report carries inside: style and behaviour.
#pragma once

namespace fovea::render {

extern const char* const kReportStyle;
extern const char* const kReportScript;  ///< reads `data-colors` and `data-opacity` of <body>

}  // namespace fovea::render
