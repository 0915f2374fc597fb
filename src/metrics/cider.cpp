#include "metrics/cider.hpp"

#include <array>
#include <cmath>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "fovea/error.hpp"
#include "metrics/ngram.hpp"

namespace fovea::metrics {
namespace {

constexpr double kSigma = 6;   // of the Gaussian length penalty, in tokens
constexpr double kScale = 10;  // CIDEr-D is given times 10

using PerOrder = std::array<double, kMaxOrder>;

/// The length that the penalty compares. pycocoevalcap counts bigrams, which is one less than the words, and differs
/// from that only for an empty caption: it is as long as one of a single word.
double penalty_length(std::size_t words) noexcept { return words == 0 ? 0.0 : static_cast<double>(words - 1); }

/// What is left of a reference once its n-grams are weighted.
struct Reference {
  PerOrder norm{};  ///< L2 norm of its tf-idf vector of each order
  double length = 0;
};

/// The tf-idf weight of one n-gram in one reference.
struct Posting {
  std::uint32_t reference;
  double weight;
};

/// All references of one image as an inverted index: a hypothesis looks each of its n-grams up once.
struct ImageReferences {
  std::vector<Reference> references;
  std::unordered_map<Ngram, std::vector<Posting>, NgramHash> postings;
};

}  // namespace

struct CiderD::Impl {
  std::unordered_map<Ngram, double, NgramHash> idf;  ///< log(images) - log(document frequency)
  double unseen_idf = 0;                             ///< of an n-gram that no reference has
  std::vector<ImageReferences> images;

  double idf_of(const Ngram& ngram) const {
    const auto found = idf.find(ngram);
    return found == idf.end() ? unseen_idf : found->second;
  }
};

CiderD::CiderD(const std::vector<std::vector<TokenIds>>& references) {
  if (references.empty()) throw Error(ErrorCode::usage, "CIDEr-D needs the references of at least one image, got none");
  auto impl = std::make_unique<Impl>();
  for (std::size_t i = 0; i < references.size(); ++i) {
    if (references[i].empty())
      throw Error(ErrorCode::usage, "CIDEr-D: image " + std::to_string(i) + " has no reference caption");
    std::unordered_set<Ngram, NgramHash> seen;
    for (const auto& reference : references[i])
      for (const auto& [ngram, count] : count_ngrams(reference)) seen.insert(ngram);
    for (const auto& ngram : seen) ++impl->idf[ngram];  // document frequencies first
  }
  impl->unseen_idf = std::log(static_cast<double>(references.size()));
  for (auto& [ngram, value] : impl->idf) value = impl->unseen_idf - std::log(value);

  impl->images.resize(references.size());
  for (std::size_t i = 0; i < references.size(); ++i) {
    auto& image = impl->images[i];
    for (const auto& tokens : references[i]) {
      Reference reference{.length = penalty_length(tokens.size())};
      for (const auto& [ngram, count] : count_ngrams(tokens)) {
        const double weight = count * impl->idf_of(ngram);
        reference.norm[ngram.order - 1] += weight * weight;
        image.postings[ngram].push_back({static_cast<std::uint32_t>(image.references.size()), weight});
      }
      for (auto& norm : reference.norm) norm = std::sqrt(norm);
      image.references.push_back(reference);
    }
  }
  impl_ = std::move(impl);
}

CiderD::~CiderD() = default;
CiderD::CiderD(CiderD&&) noexcept = default;

double CiderD::score(std::size_t image, std::span<const std::int64_t> hypothesis) const {
  if (image >= impl_->images.size())
    throw Error(ErrorCode::internal, "CIDEr-D: image " + std::to_string(image) + " asked for, references of " +
                                         std::to_string(impl_->images.size()) + " images are there");
  const auto& [references, postings] = impl_->images[image];

  PerOrder norm{};
  std::vector<PerOrder> dot(references.size());
  for (const auto& [ngram, count] : count_ngrams(hypothesis)) {
    const double weight = count * impl_->idf_of(ngram);
    norm[ngram.order - 1] += weight * weight;
    const auto found = postings.find(ngram);
    if (found == postings.end()) continue;
    // Clipping is the D of CIDEr-D: repeating a word of the reference earns nothing.
    for (const auto& [reference, reference_weight] : found->second)
      dot[reference][ngram.order - 1] += std::min(weight, reference_weight) * reference_weight;
  }
  for (auto& value : norm) value = std::sqrt(value);

  const double length = penalty_length(hypothesis.size());
  double sum = 0;
  for (std::size_t r = 0; r < references.size(); ++r) {
    double similarity = 0;
    for (std::size_t n = 0; n < kMaxOrder; ++n) {
      const double norms = norm[n] * references[r].norm[n];
      if (norms != 0) similarity += dot[r][n] / norms;
    }
    const double difference = length - references[r].length;
    sum += similarity * std::exp(-(difference * difference) / (2 * kSigma * kSigma));
  }
  return kScale * sum / static_cast<double>(kMaxOrder * references.size());
}

}  // namespace fovea::metrics
