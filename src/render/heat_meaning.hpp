/// @file What the colours of a heat map mean, for legends.
#pragma once

#include <string>

#include "fovea/highlighter.hpp"

namespace fovea::render {

/// Where a model marks what is abnormal.
inline constexpr const char* kAnomalyMeaning = "Probability of an anomaly";
/// Where each image may have its own label.
inline constexpr const char* kExplanationMeaning = "Where the model looked for the label";

/// Of one finding; a long label is cut.
std::string heat_meaning(const Finding& finding);

}  // namespace fovea::render
