/// @file What every page of a report carries inside: style and behaviour.
#pragma once

namespace fovea::render {

extern const char* const kReportStyle;
extern const char* const kReportScript;  ///< reads the colours from the `data-colors` attribute of <body>

}  // namespace fovea::render
