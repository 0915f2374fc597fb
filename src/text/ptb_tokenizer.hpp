/// @file The Penn Treebank tokenizer as caption metrics use it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fovea::text {

/// Splits a caption as pycocoevalcap 1.2 does (Stanford PTBTokenizer -preserveLines -lowerCase, then the punctuation
/// tokens of its list dropped): "A man's T-shirt, red." gives a, man, 's, t-shirt, red.
std::vector<std::string> ptb_tokenize(std::string_view caption);

/// Writes tokens as a sentence: clitics ('s, n't) joined to their word, first letter upper case, a full stop at the
/// end.
std::string to_sentence(const std::vector<std::string>& words);

}  // namespace fovea::text
