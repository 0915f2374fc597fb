/// @file CIDEr-D on token ids, fast enough to be a training reward.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace fovea::metrics {

using TokenIds = std::vector<std::int64_t>;

/// CIDEr-D of Vedantam et al. 2015 (n = 1 to 4, sigma 6, scaled by 10) against a fixed set of references, whose
/// documents (images) give the n-gram document frequencies. Immutable: may be used by several threads at once.
class CiderD {
 public:
  /// `references[i]`: the tokenized captions of image i.
  explicit CiderD(const std::vector<std::vector<TokenIds>>& references);
  ~CiderD();
  CiderD(CiderD&&) noexcept;

  /// Score of one caption against the references of image `image`; the corpus CIDEr is the mean of these over images.
  double score(std::size_t image, std::span<const std::int64_t> hypothesis) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace fovea::metrics
