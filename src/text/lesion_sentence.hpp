/// @file Sentences about lesions, made of facts and read back into them.
///
/// They are what a caption decoder of a highlighting model is trained on, and what its captions are judged by. None
/// needs punctuation within, which caption tokens do not have.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/lesion_facts.hpp"

namespace fovea::text {

/// Ways to say the same that lesion_sentences() knows.
constexpr int kLesionPhrasings = 5;

/// "A small oval benign mass in the upper left of the image." The one wording that references of an evaluation have.
/// @throws Error: usage when a fact is missing (of an image without a lesion: any but `finding`).
std::string lesion_sentence(const LesionFacts& facts);

/// kLesionPhrasings sentences that all say each of the facts, lesion_sentence() first; the same for the same facts.
/// @throws Error: as lesion_sentence().
std::vector<std::string> lesion_sentences(const LesionFacts& facts);

/// Reads what a sentence says, whatever its wording; letter case and punctuation do not matter. What it does not say,
/// or says in two ways, is nothing.
/// @param findings those to look for, as LesionFacts has them: "benign mass", "malignant mass"
/// @throws Error: usage when a finding has no letter.
LesionFacts read_lesion_sentence(std::string_view sentence, std::span<const std::string> findings);

/// How many captions say what is true. Position, size, shape and count are counted on images with a lesion.
struct LesionSentenceCounts {
  int images = 0;
  int finding_right = 0;
  int lesion_images = 0;
  int lesion_finding_right = 0;
  int count_right = 0;
  int position_right = 0;
  int size_right = 0;
  int shape_right = 0;

  /// Counts one image.
  void add(const LesionFacts& said, const LesionFacts& truth) noexcept;
};

}  // namespace fovea::text
