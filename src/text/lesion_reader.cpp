#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "fovea/error.hpp"
#include "text/lesion_sentence.hpp"
#include "text/lesion_words.hpp"

namespace fovea::text {
namespace {

/// Words in lower case between single spaces, with one before the first and one behind the last.
std::string normal_form(std::string_view sentence) {
  std::string text = " ";
  for (const char c : sentence) {
    const auto byte = static_cast<unsigned char>(c);
    // Bytes over 127 belong to letters of other scripts.
    if (std::isalnum(byte) != 0 || byte > 127) {
      text += static_cast<char>(std::tolower(byte));
    } else if (text.back() != ' ') {
      text += ' ';
    }
  }
  if (text.back() != ' ') text += ' ';
  return text;
}

bool says(const std::string& text, std::string_view words) {
  return text.find(' ' + std::string(words) + ' ') != std::string::npos;
}

/// Takes one more value for what a sentence says of something; a second one that differs undoes it for good.
template <typename Value>
class Said {
 public:
  void take(const Value& value) {
    contradicted_ = contradicted_ || (value_ && *value_ != value);
    value_ = value;
  }
  std::optional<Value> get() const { return contradicted_ ? std::nullopt : value_; }

 private:
  std::optional<Value> value_{};
  bool contradicted_ = false;
};

/// The value whose word the sentence has.
template <typename Value, std::size_t kCount>
std::optional<Value> read(const std::string& text, const std::array<Value, kCount>& values) {
  Said<Value> said;
  for (const Value value : values) {
    if (says(text, to_string(value))) said.take(value);
  }
  return said.get();
}

struct Finding {
  std::optional<std::string> name{};
  bool plural = false;
};

Finding read_finding(const std::string& text, std::span<const std::string> findings) {
  // Of findings that contain each other ("mass", "benign mass") the longer ones are read first, and read once.
  std::vector<std::string> longest_first(findings.begin(), findings.end());
  std::stable_sort(longest_first.begin(), longest_first.end(),
                   [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  std::string rest = text;
  Said<std::string> said;
  bool plural = false;
  const auto take = [&](const std::string& words, const std::string& finding) {
    bool found = false;
    for (auto at = rest.find(words); at != std::string::npos; at = rest.find(words)) {
      rest.replace(at, words.size(), " , ");
      said.take(finding);
      found = true;
    }
    return found;
  };
  take(" no lesion ", "");
  take(" no lesions ", "");
  for (const auto& finding : longest_first) {
    const std::string singular = normal_form(finding);
    if (singular == " ") throw Error(ErrorCode::usage, "a finding to look for has no letter: \"" + finding + "\"");
    const std::string several = normal_form(plural_of(finding));
    take(" no" + singular, "");
    take(" no" + several, "");
    take(singular, finding);
    plural = take(several, finding) || plural;
  }
  return {.name = said.get(), .plural = plural};
}

std::optional<int> read_count(const std::string& text, const Finding& finding) {
  if (!finding.name) return std::nullopt;
  if (finding.name->empty()) return 0;
  Said<int> said;
  for (std::size_t i = 1; i < kCountWords.size(); ++i) {  // "one" is said of the larger of two as well
    if (says(text, kCountWords[i])) said.take(static_cast<int>(i) + 1);
  }
  if (finding.plural) return said.get();
  return 1;
}

}  // namespace

LesionFacts read_lesion_sentence(std::string_view sentence, std::span<const std::string> findings) {
  const std::string text = normal_form(sentence);
  const auto finding = read_finding(text, findings);
  LesionFacts facts{.finding = finding.name, .count = read_count(text, finding)};
  facts.position =
      read(text, std::array{LesionPosition::upper_left, LesionPosition::upper_right, LesionPosition::lower_left,
                            LesionPosition::lower_right, LesionPosition::centre});
  facts.size = read(text, std::array{LesionSize::small, LesionSize::medium, LesionSize::large});
  facts.shape =
      read(text, std::array{LesionShape::round, LesionShape::oval, LesionShape::elongated, LesionShape::irregular});
  return facts;
}

void LesionSentenceCounts::add(const LesionFacts& said, const LesionFacts& truth) noexcept {
  const bool finding = said.finding && said.finding == truth.finding;
  ++images;
  finding_right += finding ? 1 : 0;
  if (!truth.finding || truth.finding->empty()) return;
  ++lesion_images;
  lesion_finding_right += finding ? 1 : 0;
  count_right += said.count == truth.count ? 1 : 0;
  position_right += said.position && said.position == truth.position ? 1 : 0;
  size_right += said.size && said.size == truth.size ? 1 : 0;
  shape_right += said.shape && said.shape == truth.shape ? 1 : 0;
}

}  // namespace fovea::text
