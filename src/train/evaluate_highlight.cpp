#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "fovea/error.hpp"
#include "fovea/highlighter.hpp"
#include "fovea/loader.hpp"
#include "fovea/train.hpp"
#include "image/annotations.hpp"
#include "text/lesion_facts.hpp"
#include "text/lesion_sentence.hpp"
#include "train/scan_dataset.hpp"

namespace fovea {
namespace {

using metrics::Statistic;

/// What is kept of one image.
struct Judged {
  std::string label;
  bool has_lesion = false;
  metrics::MaskOverlap overlap;
  metrics::LesionCounts lesions;
  std::optional<bool> pointing;
  metrics::PixelRanking ranking{kCoarse};
  std::vector<std::pair<std::string, double>> scores;
  std::optional<double> anomaly_score;
  double anomaly_threshold = 0;
  bool unfamiliar = false;
  std::optional<text::LesionSentenceCounts> sentence;  ///< what the caption says
  std::optional<text::LesionSentenceCounts> rules;     ///< what the rules of the references say of label and mask

  static constexpr int kCoarse = 5;  // bits: one object per image
};

struct Judgements {
  std::vector<Judged> images;
  std::vector<std::int64_t> groups;
  metrics::PixelRanking ranking;
};

/// The label to describe a finding by: the likeliest one, but what is marked is never called normal.
std::string described_label(const Finding& finding) {
  if (finding.scores.empty()) return {};
  if (finding.regions.empty()) return std::string(text::kNormalLabel);
  return finding.label == text::kNormalLabel ? finding.regions.front().label : finding.label;
}

/// Compares what the caption of a finding says, and what the rules say of its own mask and label, with the truth.
void judge_sentence(Judged& judged, const Finding& finding, const text::ScanExample& example,
                    const train::StoredMask& mask, const ModelInfo& model) {
  if (!finding.caption || finding.caption->hypotheses.empty()) return;
  const auto label = finding.scores.empty() ? std::string() : example.label;
  const auto truth =
      text::describe_lesion(label, model.finding, image::measure_mask(mask.pixels, mask.width, mask.height));
  judged.sentence.emplace().add(text::read_lesion_sentence(finding.caption->hypotheses.front().text, model.findings),
                                truth);
  const auto measures = image::measure_mask(finding.mask, finding.width, finding.height);
  judged.rules.emplace().add(text::describe_lesion(described_label(finding), model.finding, measures), truth);
}

class Evaluation {
 public:
  explicit Evaluation(const Judgements& judged) : judged_(judged) {}

  /// A figure over the images that `takes_part` admits.
  template <typename Admits>
  void add(const std::string& name, const Admits& takes_part,
           const std::function<std::optional<double>(const std::vector<const Judged*>&)>& figure,
           int resamples = metrics::BootstrapOptions{}.resamples) {
    std::vector<const Judged*> members;
    std::vector<std::int64_t> groups;
    for (std::size_t i = 0; i < judged_.images.size(); ++i) {
      if (!takes_part(judged_.images[i])) continue;
      members.push_back(&judged_.images[i]);
      groups.push_back(judged_.groups[i]);
    }
    if (members.empty()) return;
    const Statistic statistic = [&](std::span<const std::size_t> indices) {
      std::vector<const Judged*> drawn;
      for (const auto i : indices) drawn.push_back(members[i]);
      return figure(drawn);
    };
    const auto interval = metrics::bootstrap(members.size(), statistic, {.resamples = resamples}, groups);
    if (interval) result_.figures.push_back({name, *interval, static_cast<int>(members.size())});
  }

  /// The mean of a number over the images that `takes_part` admits.
  template <typename Admits, typename Number>
  void add_mean(const std::string& name, const Admits& takes_part, const Number& number) {
    add(name, takes_part, [number](const std::vector<const Judged*>& images) -> std::optional<double> {
      double sum = 0;
      for (const auto* image : images) sum += number(*image);
      return sum / static_cast<double>(images.size());
    });
  }

  HighlightEvaluation& result() noexcept { return result_; }

 private:
  const Judgements& judged_;
  HighlightEvaluation result_;
};

bool always(const Judged&) { return true; }
bool has_lesion(const Judged& image) { return image.has_lesion; }

double score_of(const Judged& image, const std::string& label) {
  for (const auto& [name, p] : image.scores) {
    if (name == label) return p;
  }
  return 0;
}

/// AUROC of `score` for the images that are `positive`.
template <typename Score, typename Positive>
auto auroc_of(const Score& score, const Positive& positive) {
  return [score, positive](const std::vector<const Judged*>& images) {
    std::vector<double> scores;
    std::vector<std::uint8_t> truth;
    for (const auto* image : images) {
      scores.push_back(score(*image));
      truth.push_back(positive(*image) ? 1 : 0);
    }
    return metrics::auroc(scores, truth);
  };
}

void add_map_figures(Evaluation& evaluation, const metrics::PixelRanking& exact) {
  evaluation.add_mean("dice", has_lesion, [](const Judged& i) { return i.overlap.dice(); });
  evaluation.add_mean("iou", has_lesion, [](const Judged& i) { return i.overlap.iou(); });
  constexpr int kFew = 200;  // each resample adds up the histograms of all images
  const auto ranked = [](const std::vector<const Judged*>& images) {
    metrics::PixelRanking sum(Judged::kCoarse);
    for (const auto* image : images) sum.add(image->ranking);
    return sum;
  };
  evaluation.add(
      "pixel_auroc", always, [&](const auto& images) { return ranked(images).auroc(); }, kFew);
  evaluation.add(
      "aupro", always, [&](const auto& images) { return ranked(images).region_overlap(); }, kFew);
  // Intervals come from coarse histograms, the figures themselves from fine ones.
  for (auto& figure : evaluation.result().figures) {
    if (figure.name == "pixel_auroc") figure.interval.value = exact.auroc().value_or(figure.interval.value);
    if (figure.name == "aupro") figure.interval.value = exact.region_overlap().value_or(figure.interval.value);
  }
  evaluation.add_mean(
      "pointing_game", [](const Judged& i) { return i.pointing.has_value(); },
      [](const Judged& i) { return *i.pointing ? 1.0 : 0.0; });
  const auto lesions = [](const std::vector<const Judged*>& images) {
    metrics::LesionCounts sum;
    for (const auto* image : images) sum += image->lesions;
    return sum;
  };
  evaluation.add("lesion_sensitivity", always, [&](const auto& images) { return lesions(images).sensitivity(); });
  evaluation.add("false_positives_per_image", always,
                 [&](const auto& images) { return lesions(images).false_positives_per_image(); });
}

void add_score_figures(Evaluation& evaluation, const Judgements& judged) {
  const auto scored = [](const Judged& i) { return i.anomaly_score.has_value(); };
  const auto decisions = [](const std::vector<const Judged*>& images) {
    metrics::DecisionCounts counts;
    for (const auto* i : images) {
      const bool called = *i->anomaly_score >= i->anomaly_threshold;
      ++(i->has_lesion ? (called ? counts.true_positives : counts.false_negatives)
                       : (called ? counts.false_positives : counts.true_negatives));
    }
    return counts;
  };
  evaluation.add("anomaly_auroc", scored, auroc_of([](const Judged& i) { return *i.anomaly_score; }, has_lesion));
  evaluation.add("sensitivity", scored, [&](const auto& images) { return decisions(images).sensitivity(); });
  evaluation.add("specificity", scored, [&](const auto& images) { return decisions(images).specificity(); });

  if (judged.images.front().scores.empty()) return;
  std::vector<std::string> labels, findings;
  for (const auto& [label, p] : judged.images.front().scores) labels.push_back(label);
  // Of images without a label, or with one that the model does not know, nothing can be right.
  const auto is_labelled = [labels](const Judged& i) {
    return std::find(labels.begin(), labels.end(), i.label) != labels.end();
  };
  for (const auto& label : labels) {
    const bool is_finding = std::any_of(judged.images.begin(), judged.images.end(),
                                        [&](const Judged& i) { return i.has_lesion && i.label == label; });
    if (is_finding) findings.push_back(label);
    const auto is_label = [label](const Judged& i) { return i.label == label; };
    evaluation.add(label + "_auroc", is_labelled,
                   auroc_of([label](const Judged& i) { return score_of(i, label); }, is_label));
  }
  const auto label_scores = [labels](const std::vector<const Judged*>& images) {
    metrics::LabelPredictions predictions{.labels = static_cast<int>(labels.size()), .probabilities = {}, .truth = {}};
    for (const auto* image : images) {
      for (const auto& [label, p] : image->scores) predictions.probabilities.push_back(p);
      predictions.truth.push_back(
          static_cast<int>(std::find(labels.begin(), labels.end(), image->label) - labels.begin()));
    }
    return metrics::score_labels(predictions);
  };
  for (std::size_t l = 0; l < labels.size(); ++l) {
    evaluation.add(labels[l] + "_f1", is_labelled,
                   [&, l](const auto& images) { return label_scores(images).labels[l].decisions.f1(); });
  }
  evaluation.add("accuracy", is_labelled,
                 [&](const auto& images) { return std::optional(label_scores(images).accuracy); });
  evaluation.add("calibration_error", is_labelled,
                 [&](const auto& images) { return std::optional(label_scores(images).calibration_error); });
  for (std::size_t a = 0; a < findings.size(); ++a) {
    for (std::size_t b = a + 1; b < findings.size(); ++b) {
      const auto &first = findings[a], &second = findings[b];
      evaluation.add(
          std::string(first).append("_against_").append(second).append("_auroc"),
          [&](const Judged& i) { return i.label == first || i.label == second; },
          auroc_of([&](const Judged& i) { return score_of(i, second) / (score_of(i, first) + score_of(i, second)); },
                   [&](const Judged& i) { return i.label == second; }));
    }
  }
}

void add_caption_figures(Evaluation& evaluation, const std::string& prefix,
                         std::optional<text::LesionSentenceCounts> Judged::*source) {
  using Counts = text::LesionSentenceCounts;
  const std::pair<const char*, int Counts::*> facts[] = {{"_finding_right", &Counts::lesion_finding_right},
                                                         {"_position_right", &Counts::position_right},
                                                         {"_size_right", &Counts::size_right},
                                                         {"_shape_right", &Counts::shape_right},
                                                         {"_count_right", &Counts::count_right}};
  for (const auto& [name, fact] : facts) {
    evaluation.add_mean(
        std::string(prefix).append(name), [source](const Judged& i) { return i.*source && i.has_lesion; },
        [source, fact = fact](const Judged& i) { return (*(i.*source)).*fact; });
  }
  evaluation.add_mean(
      prefix + "_finding_right_all", [source](const Judged& i) { return (i.*source).has_value(); },
      [source](const Judged& i) { return (i.*source)->finding_right; });
}

/// Marks some examples with one model.
class Judge {
 public:
  Judge(const EvalHighlightOptions& options, const std::filesystem::path& model)
      : options_(options), highlighter_(Model::open(model, {.precision = options.precision}), {.flip = options.flip}) {}

  void judge(std::span<const text::ScanExample> examples, Judgements& judged,
             std::map<std::string, std::int64_t>& groups) const {
    std::vector<PreparedImage> prepared;
    std::vector<train::StoredMask> masks;
    for (const auto& example : examples) {
      auto image = load_image(example.image);
      masks.push_back(train::load_mask(example, image));
      if (options_.without_annotations) image = image::without_annotations(image);
      prepared.push_back(highlighter_.prepare(image));
    }
    const auto findings = highlighter_.find(prepared);
    for (std::size_t i = 0; i < findings.size(); ++i) {
      judged.images.push_back(compare(findings[i], examples[i], masks[i]));
      judged.ranking.add(findings[i].heat_map, masks[i].pixels, masks[i].width, masks[i].height);
      judged.groups.push_back(
          groups.emplace(examples[i].group, static_cast<std::int64_t>(groups.size())).first->second);
    }
  }

 private:
  Judged compare(const Finding& finding, const text::ScanExample& example, const train::StoredMask& mask) const {
    Judged judged;
    judged.label = example.label;
    judged.has_lesion = !mask.empty();
    judged.overlap = metrics::mask_overlap(finding.mask, mask.pixels);
    judged.lesions = metrics::match_lesions(finding.mask, mask.pixels, mask.width, mask.height);
    judged.pointing = metrics::pointing_hit(finding.heat_map, mask.pixels, mask.width, mask.height);
    judged.ranking.add(finding.heat_map, mask.pixels, mask.width, mask.height);
    judged.scores = finding.scores;
    judged.anomaly_score = finding.anomaly_score;
    judged.anomaly_threshold = finding.anomaly_threshold.value_or(0);
    judged.unfamiliar = finding.unfamiliar;
    judge_sentence(judged, finding, example, mask, highlighter_.model().info());
    return judged;
  }

  const EvalHighlightOptions& options_;
  Highlighter highlighter_;
};

}  // namespace

HighlightEvaluation evaluate_highlight(const EvalHighlightOptions& options,
                                       const std::function<void(int, int)>& on_progress, std::stop_token stop) {
  if (options.models.empty() || options.data.empty()) {
    throw Error(ErrorCode::usage, "an evaluation needs a model and a data set");
  }
  const auto examples = train::read_scans(options.data);
  const auto folds = static_cast<int>(options.models.size());
  const auto parts = train::split_by_group(examples, folds, train::kFoldSeed);
  Judgements judged;
  std::map<std::string, std::int64_t> groups;
  const auto batch = static_cast<std::size_t>(options.batch);
  for (int fold = 0; fold < folds; ++fold) {
    const Judge judge(options, options.models[static_cast<std::size_t>(fold)]);
    const auto own = train::part_of(examples, parts, fold, /*others=*/false);
    for (std::size_t begin = 0; begin < own.size() && !stop.stop_requested(); begin += batch) {
      judge.judge(std::span(own).subspan(begin, std::min(batch, own.size() - begin)), judged, groups);
      if (on_progress) on_progress(static_cast<int>(judged.images.size()), static_cast<int>(examples.size()));
    }
  }
  if (stop.stop_requested()) throw Error(ErrorCode::usage, "the evaluation was interrupted");
  Evaluation evaluation(judged);
  evaluation.result().images = static_cast<int>(judged.images.size());
  evaluation.result().lesion_images =
      static_cast<int>(std::count_if(judged.images.begin(), judged.images.end(), has_lesion));
  add_map_figures(evaluation, judged.ranking);
  add_score_figures(evaluation, judged);
  add_caption_figures(evaluation, "caption", &Judged::sentence);
  add_caption_figures(evaluation, "rules", &Judged::rules);
  evaluation.add_mean("unfamiliar", always, [](const Judged& i) { return i.unfamiliar ? 1.0 : 0.0; });
  return std::move(evaluation.result());
}

}  // namespace fovea
