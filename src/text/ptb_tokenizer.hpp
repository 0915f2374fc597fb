/// @file The Penn Treebank tokenizer as caption metrics use it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fovea::text {

/// Splits a caption as pycocoevalcap 1.2 does (Stanford PTBTokenizer -preserveLines -lowerCase, then the punctuation
/// tokens of its list dropped): "A man's T-shirt, red." gives a, man, 's, t-shirt, red. Brackets stay, as "-lrb-" and
/// so on, because its list has them in upper case. Every text is a caption of its own, as if the next line began with
/// "A".
///
/// Equal to it on all captions of Flickr8k; known differences: phone numbers with a bracketed area code, tags with
/// attributes, numbers as file names ("3.jpg"), and character entities but &amp; &quot; &apos; &lt; &gt; &nbsp; and
/// dashes. Invalid UTF-8 and control characters separate tokens.
std::vector<std::string> ptb_tokenize(std::string_view caption);

/// Writes tokens of ptb_tokenize as a sentence: clitics ('s, n't) and split words (can|not, gon|na) joined, "$", "#"
/// and brackets next to what they belong to, "i" and the first letter in upper case, a full stop at the end unless
/// there is one. An empty list gives an empty sentence.
std::string to_sentence(const std::vector<std::string>& words);

}  // namespace fovea::text
