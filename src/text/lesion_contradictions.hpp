/// @file Words that would make a sentence about a lesion contradict what is known of it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "text/lesion_facts.hpp"

namespace fovea::text {

/// The words that only sentences with another finding, position or size have (lesion_sentence.hpp), "no" where there is
/// a finding, and all words of findings where there is none. What `facts` do not say forbids nothing.
/// @param findings all that sentences may call a finding: "benign mass", "malignant mass"
std::vector<std::string> contradicting_words(const LesionFacts& facts, std::span<const std::string> findings);

}  // namespace fovea::text
