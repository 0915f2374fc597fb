#include "fovea/highlighter.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <ATen/ops/flip.h>
#include <ATen/ops/isnan.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include "decode/beam_search.hpp"
#include "decode/caption_attention.hpp"
#include "decode/caption_text.hpp"
#include "fovea/error.hpp"
#include "highlight/explanation.hpp"
#include "highlight/grounding.hpp"
#include "highlight/heat_map.hpp"
#include "image/input_transform.hpp"
#include "image/input_view.hpp"
#include "image/regions.hpp"
#include "nn/highlight_model.hpp"
#include "nn/patch_memory.hpp"
#include "text/lesion_contradictions.hpp"

namespace fovea {
namespace {

std::shared_ptr<const nn::MarkingModel> marking_model(const std::shared_ptr<const Model>& model) {
  if (!model) throw Error(ErrorCode::usage, "a Highlighter needs a model, and was given none; see Model::open()");
  auto found = std::dynamic_pointer_cast<const nn::MarkingModel>(model);
  if (!found) {
    throw Error(ErrorCode::model, "model " + model->info().id + " has the architecture " + model->info().architecture +
                                      ", which marks nothing; expected " + nn::HighlightModel::kArchitecture + ", " +
                                      nn::PatchMemoryModel::kArchitecture + ", or an image encoder with a classifier");
  }
  return found;
}

void check_share(const char* field, double value) {
  if (value >= 0 && value <= 1) return;
  throw Error(ErrorCode::usage,
              "highlight option " + std::string(field) + " is " + std::to_string(value) + "; expected 0 to 1");
}

/// What a region is: what the map explains, else the likeliest finding, whatever the label of the whole image is.
std::string region_label(const Finding& finding, std::optional<std::size_t> normal) {
  if (finding.explained) return *finding.explained;
  std::string label = finding.label;
  double likeliest = -1;
  for (std::size_t i = 0; i < finding.scores.size(); ++i) {
    const auto& [name, p] = finding.scores[i];
    if (normal == i || p <= likeliest) continue;
    likeliest = p;
    label = name;
  }
  return label;
}

/// How a lesion is described: short sentences of fixed forms (text/lesion_sentence.hpp). Greedy: each word is the
/// likeliest by all that may follow it, where a beam would prefer sentences with fewer facts to be unsure of.
CaptionOptions caption_options(const nn::MarkingModel& model) {
  CaptionOptions options;
  options.max_length = static_cast<int>(model.max_positions()) - 1;
  options.no_repeat_ngram = 0;
  options.beam = 1;
  return options;
}

/// Weights that are no numbers, or too large ones, make results that no map or label can be made of.
void refuse_nan(const at::Tensor& values, const char* what) {
  if (!values.defined() || !at::isnan(values).any().item<bool>()) return;
  throw Error(ErrorCode::model, "the model's " + std::string(what) +
                                    " is not a number (NaN), as with weights that are not, or are too large");
}

}  // namespace

void validate(const HighlightOptions& options) {
  if (options.threshold) check_share("threshold", *options.threshold);
  check_share("min_region", options.min_region);
  if (options.attention && !options.caption) {
    throw Error(ErrorCode::usage, "highlight option attention is set, but caption is not: there are no words to map");
  }
}

struct Highlighter::Impl {
  std::shared_ptr<const nn::MarkingModel> model;
  HighlightOptions options;
  image::InputTransform input_transform;
  std::optional<std::size_t> explained;  ///< number of the label that is to be explained; nothing: the likeliest

  std::vector<nn::MarkingModel::Result> run(const at::Tensor& rgb) const;
  void label(Finding& finding, const float* probabilities) const;
  /// Writes sentences that keep to what the findings already say.
  void caption(const nn::HighlightOutput& output, std::span<const PreparedImage> images,
               std::span<Finding> findings) const;
  std::vector<Caption> search(const nn::ImageMemory& memory, const nn::CaptionTokens& tokens) const;
};

/// What the model says of the images; then, where that is asked for, of the mirrored ones. The first has the mean of
/// both in its heat, labels and anomaly.
std::vector<nn::MarkingModel::Result> Highlighter::Impl::run(const at::Tensor& rgb) const {
  std::vector<nn::MarkingModel::Result> views{model->run(rgb)};
  if (!options.flip) return views;
  views.push_back(model->run(at::flip(rgb, {2})));
  auto& result = views.front();
  const auto& mirrored = views.back();
  if (result.output.heat.defined()) {
    result.output.heat = (result.output.heat + at::flip(mirrored.output.heat, {3})) / 2;
  }
  if (result.output.labels.defined()) result.output.labels = (result.output.labels + mirrored.output.labels) / 2;
  if (result.anomaly.defined()) result.anomaly = (result.anomaly + mirrored.anomaly) / 2;
  return views;
}

void Highlighter::Impl::label(Finding& finding, const float* probabilities) const {
  const auto& labels = model->info().labels;
  finding.label = model->info().finding;
  if (probabilities == nullptr) return;
  const auto normal = model->normal_label();
  double likeliest = -1;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double p = probabilities[i];
    finding.scores.emplace_back(labels[i], p);
    if (normal == i) finding.anomaly_score = 1 - p;
    if (p > likeliest) {
      likeliest = p;
      finding.label = labels[i];
    }
  }
}

void Highlighter::Impl::caption(const nn::HighlightOutput& output, std::span<const PreparedImage> images,
                                std::span<Finding> findings) const {
  const auto& calibration = model->calibration();
  const auto memory =
      model->caption_memory(nn::calibrated(output, calibration, options.threshold.value_or(calibration.threshold)));
  // Images about which the same must not be said are searched together.
  std::map<std::vector<std::int64_t>, std::vector<std::int64_t>> groups;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const auto words = text::contradicting_words(highlight::facts_of(findings[i], *model), model->info().findings);
    std::vector<std::int64_t> ids;
    for (const auto& word : words) {
      const auto id = model->vocabulary()->id(word);
      if (id != text::Vocabulary::kUnknown) ids.push_back(id);
    }
    groups[ids].push_back(static_cast<std::int64_t>(i));
  }
  for (const auto& [forbidden, members] : groups) {
    auto of_group = memory;
    of_group.tokens = memory.tokens.index_select(0, at::tensor(members));
    nn::CaptionTokens tokens;
    tokens.forbidden.insert(tokens.forbidden.end(), forbidden.begin(), forbidden.end());
    auto captions = search(of_group, tokens);
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto image = static_cast<std::size_t>(members[i]);
      for (auto& hypothesis : captions[i].hypotheses) hypothesis.attention.view = images[image].view;
      findings[image].caption = std::move(captions[i]);
    }
  }
}

std::vector<Caption> Highlighter::Impl::search(const nn::ImageMemory& memory, const nn::CaptionTokens& tokens) const {
  auto& decoder = model->decoder();
  const auto found = decode::beam_search(decoder, memory, caption_options(*model), tokens);
  std::vector<std::vector<AttentionMaps>> maps;
  if (options.attention) maps = decode::attention_maps(decoder, memory, found);
  std::vector<Caption> captions(found.size());
  for (std::size_t image = 0; image < found.size(); ++image) {
    for (std::size_t i = 0; i < found[image].size(); ++i) {
      auto hypothesis = decode::to_text(found[image][i], *model->vocabulary());
      if (options.attention) hypothesis.attention = std::move(maps[image][i]);
      captions[image].hypotheses.push_back(std::move(hypothesis));
    }
  }
  return captions;
}

Highlighter::Highlighter(const std::shared_ptr<const Model>& model, HighlightOptions options) {
  validate(options);
  auto marking = marking_model(model);
  const auto transform = marking->input_transform();
  const auto explained = highlight::chosen_label(*marking, options.label);
  impl_ = std::make_unique<Impl>(Impl{std::move(marking), std::move(options), transform, explained});
}

Highlighter::~Highlighter() = default;
Highlighter::Highlighter(Highlighter&&) noexcept = default;
Highlighter& Highlighter::operator=(Highlighter&&) noexcept = default;

const HighlightOptions& Highlighter::options() const noexcept { return impl_->options; }
const Model& Highlighter::model() const noexcept { return *impl_->model; }

PreparedImage Highlighter::prepare(const Image& image) const {
  auto [input, view] = image::apply(image, impl_->input_transform);
  return {std::move(input.pixels), image::full_geometry(image), view};
}

std::vector<Finding> Highlighter::find(std::span<const PreparedImage> images) const {
  if (images.empty()) return {};
  const c10::InferenceMode inference;
  const auto& model = impl_->model;
  const auto& options = impl_->options;
  const auto& calibration = model->calibration();
  const auto views = impl_->run(decode::stack_pixels(images, model->info().input_width, model->info().input_height));
  const auto& result = views.front();
  at::Tensor probabilities;
  if (result.output.labels.defined()) probabilities = model->probabilities(result.output.labels).contiguous();
  refuse_nan(result.output.heat, "heat map");
  refuse_nan(probabilities, "probability of a label");
  refuse_nan(result.anomaly, "anomaly score");
  std::optional<highlight::Explanation> explanation;
  if (model->explained() != nullptr) {
    explanation = highlight::explain(*model->explained(), views, probabilities, impl_->explained);
  }
  std::vector<Finding> findings(images.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    auto& finding = findings[i];
    const auto index = static_cast<std::int64_t>(i);
    impl_->label(finding,
                 probabilities.defined() ? probabilities.data_ptr<float>() + i * model->info().labels.size() : nullptr);
    if (result.anomaly.defined()) {
      finding.anomaly_score = at::sigmoid(result.anomaly[index]).item<double>();
    }
    if (finding.anomaly_score) finding.anomaly_threshold = calibration.anomaly_threshold;
    finding.width = images[i].geometry.width;
    finding.height = images[i].geometry.height;
    finding.threshold = options.threshold.value_or(calibration.threshold);
    if (explanation) {
      finding.explained = model->info().labels[explanation->labels[i]];
      finding.heat_map =
          highlight::stretch_values(explanation->maps.select(0, index), finding.width, finding.height, images[i].view);
    } else {
      finding.heat_map = highlight::stretch(result.output.heat.select(0, index) / calibration.pixel_temperature,
                                            finding.width, finding.height, images[i].view);
    }
    const auto pixels = static_cast<double>(finding.heat_map.size());
    auto marked =
        image::find_regions(finding.heat_map, finding.width, finding.height,
                            {.threshold = finding.threshold,
                             .min_area_px = std::max<std::int64_t>(1, std::llround(options.min_region * pixels)),
                             .label = region_label(finding, model->normal_label())});
    finding.mask = std::move(marked.mask);
    finding.regions = std::move(marked.regions);
    if (result.distance.defined()) {
      finding.distance = result.distance[index].item<double>();
      finding.unfamiliar = *finding.distance > 1;
    }
  }
  if (options.caption && model->vocabulary() != nullptr) impl_->caption(result.output, images, findings);
  return findings;
}

Finding Highlighter::find(const Image& image) const {
  const PreparedImage prepared = prepare(image);
  return std::move(find(std::span(&prepared, 1)).front());
}

void locate(Finding& finding, const ScanGeometry& geometry) {
  for (auto& region : finding.regions) {
    if (const auto& spacing = geometry.spacing) {
      region.area_mm2 = region.area_px * spacing->between_rows * spacing->between_columns;
    }
    region.centroid_mm = patient_position(geometry, region.centroid_px[0], region.centroid_px[1]);
  }
}

}  // namespace fovea
