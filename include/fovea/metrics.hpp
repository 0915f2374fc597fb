/// @file Caption metrics, equal to those of pycocoevalcap 1.2.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace fovea::metrics {

/// One image: the caption that is judged and the captions that people wrote.
struct CaptionPair {
  std::string hypothesis;
  std::vector<std::string> references;
};

/// Corpus scores on the scale of pycocoevalcap: BLEU and ROUGE-L from 0 to 1, CIDEr-D from 0 to 10 (0.54 is usual for a
/// small model on Flickr8k). Literature often gives them times 100.
struct CaptionScores {
  std::array<double, 4> bleu{};  ///< BLEU-1 to BLEU-4 (Papineni et al. 2002), closest reference length
  double rouge_l = 0;            ///< Lin 2004, beta 1.2
  double cider = 0;              ///< CIDEr-D (Vedantam et al. 2015), document frequencies from these references
};

/// Scores raw captions: they are tokenized as the Penn Treebank tokenizer of pycocoevalcap does, punctuation dropped.
/// @throws Error: usage when `pairs` is empty or an image has no reference.
CaptionScores score_captions(const std::vector<CaptionPair>& pairs);

/// The same for text that is tokenized already (tokens separated by single spaces).
CaptionScores score_tokenized_captions(const std::vector<CaptionPair>& pairs);

}  // namespace fovea::metrics
