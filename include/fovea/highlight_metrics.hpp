/// @file Metrics of anomaly maps and of the labels of images, equal to scikit-learn's where it has them.
///
/// Masks and heat maps are given row by row from the top, `width * height` values; a pixel of a mask is marked when it
/// is not 0. Connected regions are 8-connected: pixels that touch at a corner belong together. What is undefined (a
/// ranking of one class, say) is nothing, never a made-up number. Sizes that differ, empty input and values that are
/// not numbers are Error: usage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace fovea::metrics {

/// How two masks of one image share their pixels.
struct MaskOverlap {
  std::int64_t predicted_px = 0;
  std::int64_t truth_px = 0;
  std::int64_t common_px = 0;

  /// 2 * common / (predicted + truth); 1 when both masks are empty.
  double dice() const noexcept;
  /// common / union (Jaccard); 1 when both masks are empty.
  double iou() const noexcept;
};
MaskOverlap mask_overlap(std::span<const std::uint8_t> predicted, std::span<const std::uint8_t> truth);

/// Whether the largest value of a heat map lies on the truth or not further than `tolerance_px` from it (pointing game,
/// Zhang et al. 2018, https://doi.org/10.1007/s11263-017-1059-x, where the tolerance is 15). Of several largest values
/// the first in reading order counts. Nothing when the truth is empty: such an image does not take part.
std::optional<bool> pointing_hit(std::span<const float> heat_map, std::span<const std::uint8_t> truth, int width,
                                 int height, double tolerance_px = 0);

/// Lesions found and false alarms of one image or, summed, of several.
struct LesionCounts {
  std::int64_t images = 0;
  std::int64_t lesions = 0;          ///< connected regions of the truth
  std::int64_t found = 0;            ///< of them, those that a predicted region overlaps with the IoU asked for
  std::int64_t predicted = 0;        ///< connected regions of the prediction
  std::int64_t false_positives = 0;  ///< of them, those that overlap no lesion so

  LesionCounts& operator+=(const LesionCounts& other) noexcept;
  std::optional<double> sensitivity() const noexcept;                ///< found / lesions
  std::optional<double> false_positives_per_image() const noexcept;  ///< nothing without an image
};

/// Usual for lesions (PI-CAI, Saha et al. 2024): far enough from a chance touch, and not a second Dice.
constexpr double kLesionMinIou = 0.1;

/// A lesion is found when a predicted region has IoU >= `min_iou` with it; a predicted region that has so with no
/// lesion is a false positive. A region may find several lesions, and several regions the same one.
/// @param min_iou over 0, up to 1
LesionCounts match_lesions(std::span<const std::uint8_t> predicted, std::span<const std::uint8_t> truth, int width,
                           int height, double min_iou = kLesionMinIou);

/// Area under the ROC curve of scores (higher: more likely positive); ties count half. Nothing unless both classes are
/// there. @param positive 0: negative
std::optional<double> auroc(std::span<const double> scores, std::span<const std::uint8_t> positive);

/// Mean precision over the steps of recall, without interpolation. Nothing without a positive.
std::optional<double> average_precision(std::span<const double> scores, std::span<const std::uint8_t> positive);

/// A two-class decision counted.
struct DecisionCounts {
  std::int64_t true_positives = 0;
  std::int64_t false_positives = 0;
  std::int64_t true_negatives = 0;
  std::int64_t false_negatives = 0;

  std::optional<double> sensitivity() const noexcept;  ///< recall; nothing without a positive
  std::optional<double> specificity() const noexcept;  ///< nothing without a negative
  std::optional<double> precision() const noexcept;    ///< nothing when none was called positive
  std::optional<double> f1() const noexcept;           ///< nothing when none is positive and none was called so
};

/// A score that reaches the threshold is called positive.
DecisionCounts decide(std::span<const double> scores, std::span<const std::uint8_t> positive, double threshold);

/// Probabilities of labels, and which label is true.
struct LabelPredictions {
  int labels = 0;                     ///< at least 2
  std::vector<double> probabilities;  ///< images * labels, 0 to 1, each image's sum 1 (within 1e-3)
  std::vector<int> truth;             ///< of each image, 0 to labels - 1
};

/// How one label is told from the rest.
struct LabelScore {
  std::int64_t images = 0;                  ///< that have it
  std::optional<double> auroc;              ///< one against the rest
  std::optional<double> average_precision;  ///< one against the rest
  DecisionCounts decisions;                 ///< of the likeliest label; the first of equally likely ones
};

struct LabelScores {
  std::vector<LabelScore> labels;
  std::optional<double> macro_auroc;  ///< mean over labels; nothing unless each has one
  double macro_f1 = 0;                ///< mean over the labels that occur in the truth or among the predictions
  double accuracy = 0;
  double calibration_error = 0;        ///< expected_calibration_error() of the likeliest label
  double negative_log_likelihood = 0;  ///< negative_log_likelihood() of the true label
};
LabelScores score_labels(const LabelPredictions& predictions);

/// Expected calibration error (Guo et al. 2017, https://arxiv.org/abs/1706.04599): how far, on average, the probability
/// of an outcome lies from its frequency, in `bins` bins of equal width, the upper end of each included.
/// @param probabilities 0 to 1  @param outcome whether it happened
double expected_calibration_error(std::span<const double> probabilities, std::span<const std::uint8_t> outcome,
                                  int bins = 15);

/// Mean of -ln p over the probabilities that were given to what is true; p below 2.2e-16 counts as that, as in
/// scikit-learn's log_loss.
double negative_log_likelihood(std::span<const double> probabilities_of_truth);

/// Ranks the pixels of all images of a data set together, in memory that does not grow with them: it counts pixels in
/// narrow bins of the probability, which are finer towards 0 and towards 1.
class PixelRanking {
 public:
  /// @param precision_bits bins are 2^-bits of p (or of 1 - p) wide, 4 to 15. 13 is within 1e-4 of the exact figures
  ///   (30 MB); 5 is within about 0.005 and small enough (120 KB) for one object per image, to bootstrap over images.
  explicit PixelRanking(int precision_bits = 13);
  ~PixelRanking();
  PixelRanking(PixelRanking&&) noexcept;
  PixelRanking& operator=(PixelRanking&&) noexcept;

  /// Counts the pixels of one image. @param heat_map probabilities, 0 to 1
  void add(std::span<const float> heat_map, std::span<const std::uint8_t> truth, int width, int height);
  /// Counts what `other` has counted. @throws Error: usage when its precision is another one.
  void add(const PixelRanking& other);

  /// Of pixels, marked against not marked. Nothing unless there are both.
  std::optional<double> auroc() const;
  std::optional<double> average_precision() const;

  /// AUPRO (Bergmann et al. 2020, https://arxiv.org/abs/1911.02357): the mean share of each connected region of the
  /// truth that is found, whatever its size, averaged over false positive rates of pixels from 0 to
  /// `max_false_positive_rate`. Nothing unless there are both.
  /// @param max_false_positive_rate over 0, up to 1
  std::optional<double> region_overlap(double max_false_positive_rate = 0.3) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A figure with the ends of its confidence interval.
struct Interval {
  double value = 0;
  double low = 0;
  double high = 0;
};

struct BootstrapOptions {
  int resamples = 2000;       ///< at least 100
  double confidence = 0.95;   ///< share of the resamples between the ends, 0 to 1
  std::uint64_t seed = 2024;  ///< the same seed gives the same interval
};

/// A figure of the items with these indices, in which items may occur several times; nothing where it is undefined.
using Statistic = std::function<std::optional<double>(std::span<const std::size_t> indices)>;

/// Percentile bootstrap (Efron 1979) of any statistic over `count` items. With `groups` (one number per item), groups
/// are drawn instead of items, all items of a group together: near-duplicates would otherwise make the interval too
/// narrow. Resamples in which the statistic is undefined are left out; nothing when it is undefined on the items
/// themselves or on more than half of the resamples. What `statistic` throws is passed on.
/// @throws Error: usage for no items, a number of groups that is not that of the items, options out of range.
std::optional<Interval> bootstrap(std::size_t count, const Statistic& statistic, const BootstrapOptions& options = {},
                                  std::span<const std::int64_t> groups = {});

/// The same of the mean of values.
std::optional<Interval> bootstrap_mean(std::span<const double> values, const BootstrapOptions& options = {},
                                       std::span<const std::int64_t> groups = {});

}  // namespace fovea::metrics
