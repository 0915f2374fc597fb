/// @file What a sentence about an image may not contradict: the label and the mask of the same finding.
#pragma once

#include "fovea/highlighter.hpp"
#include "nn/marking_model.hpp"
#include "text/lesion_facts.hpp"

namespace fovea::highlight {

/// The finding by the likeliest label, position and size by the mask; what neither tells is nothing.
text::LesionFacts facts_of(const Finding& finding, const nn::MarkingModel& model);

}  // namespace fovea::highlight
