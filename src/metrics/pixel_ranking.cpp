#include <algorithm>
#include <bit>
#include <cstddef>
#include <string>
#include <vector>

#include "fovea/highlight_metrics.hpp"
#include "metrics/checks.hpp"
#include "metrics/components.hpp"
#include "metrics/ranking.hpp"

namespace fovea::metrics {
namespace {

constexpr int kMantissaBits = 23;

struct Bin {
  double marked = 0;  ///< pixels
  double rest = 0;
  double regions = 0;  ///< shares of regions: a pixel of a region of n pixels adds 1/n
};

/// Numbers probabilities in their own order. The bits of a float that is not negative rise with its value, so the
/// upper ones are bins of constant relative width. Over 1/2 it is 1 - p, exact there, that is cut into such bins.
class BinNumbers {
 public:
  explicit BinNumbers(int precision_bits) : shift_(kMantissaBits - precision_bits) {}

  std::size_t operator()(float p) const noexcept {
    if (p <= 0.5F) return number(p + 0.0F);  // the sum makes 0 of -0
    return 2 * half_ - std::max(number(1 - p), least_complement_);
  }

  std::size_t count() const noexcept { return 2 * half_ - least_complement_ + 1; }

 private:
  std::size_t number(float p) const noexcept { return std::bit_cast<std::uint32_t>(p) >> shift_; }

  int shift_;
  std::size_t half_ = number(0.5F);
  std::size_t least_complement_ = number(0x1p-25F);  // 2^-24 is the least there is but 0
};

}  // namespace

struct PixelRanking::Impl {
  explicit Impl(int bits) : precision_bits(bits), number(bits), bins(number.count()) {}

  /// The bins from the highest probability down.
  template <typename Positives>
  std::vector<RankingStep> steps(Positives positives) const {
    std::vector<RankingStep> result;
    for (std::size_t i = bins.size(); i-- > 0;) {
      if (bins[i].marked > 0 || bins[i].rest > 0) result.push_back({positives(bins[i]), bins[i].rest});
    }
    return result;
  }

  int precision_bits;
  BinNumbers number;
  std::vector<Bin> bins;
};

PixelRanking::PixelRanking(int precision_bits) {
  if (precision_bits < 4 || precision_bits > 15) {
    throw Error(ErrorCode::usage, "precision_bits is " + std::to_string(precision_bits) + ": expected 4 to 15");
  }
  impl_ = std::make_unique<Impl>(precision_bits);
}

PixelRanking::~PixelRanking() = default;
PixelRanking::PixelRanking(PixelRanking&&) noexcept = default;
PixelRanking& PixelRanking::operator=(PixelRanking&&) noexcept = default;

void PixelRanking::add(std::span<const float> heat_map, std::span<const std::uint8_t> truth, int width, int height) {
  require_size("the heat map", heat_map.size(), width, height);
  require_size("the true mask", truth.size(), width, height);
  require_probabilities("the heat map", heat_map);
  const auto regions = find_components(truth, width, height);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    Bin& bin = impl_->bins[impl_->number(heat_map[i])];
    if (truth[i] == 0) {
      ++bin.rest;
      continue;
    }
    ++bin.marked;
    bin.regions += 1 / static_cast<double>(regions.areas[static_cast<std::size_t>(regions.labels[i] - 1)]);
  }
}

void PixelRanking::add(const PixelRanking& other) {
  if (impl_->precision_bits != other.impl_->precision_bits) {
    throw Error(ErrorCode::usage, "cannot add pixels counted with " + std::to_string(other.impl_->precision_bits) +
                                      " precision_bits to some counted with " + std::to_string(impl_->precision_bits));
  }
  for (std::size_t i = 0; i < impl_->bins.size(); ++i) {
    impl_->bins[i].marked += other.impl_->bins[i].marked;
    impl_->bins[i].rest += other.impl_->bins[i].rest;
    impl_->bins[i].regions += other.impl_->bins[i].regions;
  }
}

std::optional<double> PixelRanking::auroc() const {
  return area_under_roc(impl_->steps([](const Bin& bin) { return bin.marked; }));
}

std::optional<double> PixelRanking::average_precision() const {
  return metrics::average_precision(impl_->steps([](const Bin& bin) { return bin.marked; }));
}

std::optional<double> PixelRanking::region_overlap(double max_false_positive_rate) const {
  if (!(max_false_positive_rate > 0 && max_false_positive_rate <= 1)) {
    throw Error(ErrorCode::usage,
                "max_false_positive_rate is " + std::to_string(max_false_positive_rate) + ": expected over 0, up to 1");
  }
  return area_under_roc(impl_->steps([](const Bin& bin) { return bin.regions; }), max_false_positive_rate);
}

}  // namespace fovea::metrics
