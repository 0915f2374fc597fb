#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <string_view>
#include <unordered_map>

#include "fovea/error.hpp"
#include "fovea/metrics.hpp"
#include "metrics/cider.hpp"
#include "metrics/ngram.hpp"
#include "text/ptb_tokenizer.hpp"

namespace fovea::metrics {
namespace {

/// One image as token ids, whose meaning lasts for one call.
struct Example {
  TokenIds hypothesis;
  std::vector<TokenIds> references;
};

/// Numbers tokens in the order in which they are met.
class TokenNumbers {
 public:
  std::int64_t operator()(const std::string& token) {
    return numbers_.emplace(token, static_cast<std::int64_t>(numbers_.size())).first->second;
  }

 private:
  std::unordered_map<std::string, std::int64_t> numbers_;
};

std::vector<std::string> split_at_spaces(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> tokens;
  for (std::string token; stream >> token;) tokens.push_back(std::move(token));
  return tokens;
}

/// Corpus BLEU-1 to BLEU-4 with the closest reference length (the shorter of two equally close ones), and with the
/// tiny terms by which pycocoevalcap keeps fractions of nothing defined.
std::array<double, 4> corpus_bleu(const std::vector<Example>& examples) {
  constexpr double kSmall = 1e-9;
  constexpr double kTiny = 1e-15;
  std::array<double, kMaxOrder> guessed{};
  std::array<double, kMaxOrder> correct{};
  double hypothesis_length = 0;
  double reference_length = 0;
  for (const auto& [hypothesis, references] : examples) {
    const auto length = static_cast<std::ptrdiff_t>(hypothesis.size());
    const auto closer = [&](const TokenIds& a, const TokenIds& b) {
      const auto difference = [&](const TokenIds& r) {
        return std::abs(static_cast<std::ptrdiff_t>(r.size()) - length);
      };
      return std::pair(difference(a), a.size()) < std::pair(difference(b), b.size());
    };
    hypothesis_length += static_cast<double>(length);
    reference_length += static_cast<double>(std::min_element(references.begin(), references.end(), closer)->size());

    NgramCounts most;  // of each n-gram in any one reference: what a hypothesis can earn with it
    for (const auto& reference : references)
      for (const auto& [ngram, count] : count_ngrams(reference)) most[ngram] = std::max(most[ngram], count);
    for (const auto& [ngram, count] : count_ngrams(hypothesis)) {
      guessed[ngram.order - 1] += count;
      if (const auto found = most.find(ngram); found != most.end())
        correct[ngram.order - 1] += std::min(count, found->second);
    }
  }
  const double ratio = (hypothesis_length + kTiny) / (reference_length + kSmall);
  const double brevity_penalty = ratio < 1 ? std::exp(1 - 1 / ratio) : 1;
  std::array<double, kMaxOrder> bleu{};
  double product = 1;
  for (std::size_t n = 0; n < kMaxOrder; ++n) {
    product *= (correct[n] + kTiny) / (guessed[n] + kSmall);
    bleu[n] = std::pow(product, 1.0 / static_cast<double>(n + 1)) * brevity_penalty;
  }
  return bleu;
}

/// Length of the longest common subsequence.
std::size_t common_subsequence(const TokenIds& a, const TokenIds& b) {
  std::vector<std::size_t> row(b.size() + 1, 0);  // row[j]: of the tokens of `a` so far and the first j of `b`
  for (const auto token : a) {
    std::size_t diagonal = 0;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = token == b[j - 1] ? diagonal + 1 : std::max(above, row[j - 1]);
      diagonal = above;
    }
  }
  return row.back();
}

/// ROUGE-L of one image: the best precision and the best recall, which may come from different references.
double rouge_l(const Example& example) {
  constexpr double kBetaSquared = 1.2 * 1.2;
  // pycocoevalcap takes an empty caption for one empty token, which two empty captions share.
  static const TokenIds kEmptyCaption{-1};
  const auto or_empty = [](const TokenIds& tokens) -> const TokenIds& {
    return tokens.empty() ? kEmptyCaption : tokens;
  };
  const TokenIds& hypothesis = or_empty(example.hypothesis);
  double precision = 0;
  double recall = 0;
  for (const auto& each : example.references) {
    const TokenIds& reference = or_empty(each);
    const auto common = static_cast<double>(common_subsequence(hypothesis, reference));
    precision = std::max(precision, common / static_cast<double>(hypothesis.size()));
    recall = std::max(recall, common / static_cast<double>(reference.size()));
  }
  if (precision == 0 || recall == 0) return 0;
  return (1 + kBetaSquared) * precision * recall / (recall + kBetaSquared * precision);
}

template <typename Tokenizer>
CaptionScores score(const std::vector<CaptionPair>& pairs, Tokenizer tokenize) {
  if (pairs.empty()) throw Error(ErrorCode::usage, "caption metrics need at least one image, got none");
  TokenNumbers number;
  const auto numbers_of = [&](const std::string& text) {
    TokenIds ids;
    for (const auto& token : tokenize(text)) ids.push_back(number(token));
    return ids;
  };
  std::vector<Example> examples;
  std::vector<std::vector<TokenIds>> references;
  for (const auto& pair : pairs) {
    if (pair.references.empty())
      throw Error(ErrorCode::usage, "caption metrics: image " + std::to_string(examples.size()) + " (hypothesis \"" +
                                        pair.hypothesis + "\") has no reference caption");
    Example example{.hypothesis = numbers_of(pair.hypothesis), .references = {}};
    for (const auto& reference : pair.references) example.references.push_back(numbers_of(reference));
    references.push_back(example.references);
    examples.push_back(std::move(example));
  }

  CaptionScores scores{.bleu = corpus_bleu(examples)};
  const CiderD cider(references);
  for (std::size_t i = 0; i < examples.size(); ++i) {
    scores.rouge_l += rouge_l(examples[i]);
    scores.cider += cider.score(i, examples[i].hypothesis);
  }
  scores.rouge_l /= static_cast<double>(examples.size());
  scores.cider /= static_cast<double>(examples.size());
  return scores;
}

}  // namespace

CaptionScores score_captions(const std::vector<CaptionPair>& pairs) { return score(pairs, text::ptb_tokenize); }

CaptionScores score_tokenized_captions(const std::vector<CaptionPair>& pairs) { return score(pairs, split_at_spaces); }

}  // namespace fovea::metrics
