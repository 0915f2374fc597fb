#include "train/lesion_captions.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/stack.h>
#include <c10/core/GradMode.h>

#include "image/mask_measures.hpp"
#include "text/lesion_facts.hpp"
#include "text/lesion_sentence.hpp"
#include "text/ptb_tokenizer.hpp"
#include "train/autocast.hpp"
#include "train/caption_dataset.hpp"
#include "train/losses.hpp"
#include "train/optimizer.hpp"
#include "train/parallel_for.hpp"
#include "train/random.hpp"

namespace fovea::train {
namespace {

/// An augmented image and what is true of it; nothing where the lesion was moved out of the picture.
struct Told {
  ScanSample sample;
  std::vector<std::string> sentences;
};

/// An image of a data set.
struct Source {
  const ScanDataset* data;
  std::int64_t image;
};

std::optional<Told> tell(const nn::HighlightConfig& model, const Source& source, const ScanAugmentOptions& augment,
                         int phrasings, std::uint64_t seed) {
  const auto& [data, image] = source;
  std::mt19937_64 random(seed);
  Told told{augment_scan({data->pixels[image], data->masks[image]}, augment, random), {}};
  const auto side = static_cast<int>(told.sample.mask.size(0));
  const auto* mask = told.sample.mask.const_data_ptr<std::uint8_t>();
  const auto measures = image::measure_mask(std::span(mask, static_cast<std::size_t>(side) * side), side, side);
  const auto index = static_cast<std::size_t>(image);
  const bool had_lesion = !data->stored[index].empty();
  if (had_lesion != (measures.lesions > 0)) return std::nullopt;
  const auto& label = model.labels.empty() ? std::string() : data->examples[index].label;
  told.sentences = text::lesion_sentences(text::describe_lesion(label, model.finding, measures));
  told.sentences.resize(static_cast<std::size_t>(phrasings));
  return told;
}

struct Batch {
  at::Tensor rgb;     // uint8 [B, S, S, 3]
  at::Tensor tokens;  // int64 [B, phrasings, T]
};

/// Augmented images with their sentences; nothing when all lesions were moved out of their pictures.
std::optional<Batch> draw_batch(const nn::HighlightConfig& model, const text::Vocabulary& vocabulary,
                                const std::vector<Source>& sources, const ScanAugmentOptions& augment, int phrasings,
                                std::uint64_t seed) {
  std::vector<std::optional<Told>> told(sources.size());
  parallel_for(static_cast<std::int64_t>(sources.size()), at::get_num_threads(), [&](std::int64_t i) {
    const auto index = static_cast<std::size_t>(i);
    told[index] = tell(model, sources[index], augment, phrasings, mix({seed, static_cast<std::uint64_t>(i)}));
  });
  const int max_words = static_cast<int>(model.captions->max_positions) - 1;
  std::vector<at::Tensor> rgb;
  std::vector<std::vector<EncodedCaption>> captions;
  std::vector<std::int64_t> rows;
  for (const auto& one : told) {
    if (!one) continue;
    rows.push_back(static_cast<std::int64_t>(rows.size()));
    rgb.push_back(one->sample.rgb);
    auto& own = captions.emplace_back();
    for (const auto& sentence : one->sentences) {
      own.push_back(encode_caption(text::ptb_tokenize(sentence), vocabulary, max_words));
    }
  }
  if (rgb.empty()) return std::nullopt;
  return Batch{at::stack(rgb), make_token_batch(captions, rows, phrasings)};
}

/// What the network says of a batch, calibrated.
nn::HighlightOutput look(nn::HighlightNetwork& network, const nn::Calibration& calibration, const at::Tensor& rgb,
                         bool bf16) {
  const c10::AutoGradMode no_grad(false);
  const AutocastGuard autocast(bf16);
  return nn::calibrated(network->forward(network->extract(rgb)), calibration, calibration.threshold);
}

/// The network is surer of images that it was trained on than of others, and its tokens may know them by heart.
nn::HighlightOutput disturbed(const nn::HighlightOutput& output, const LesionCaptionConfig& config) {
  auto result = output;
  const auto images = output.heat.size(0);
  result.heat = output.heat + at::randn({images, 1, 1, 1}) * config.heat_noise;
  if (output.labels.defined()) result.labels = output.labels + at::randn_like(output.labels) * config.label_noise;
  const auto kept = at::rand({images, 1, 1}) >= config.token_dropout;
  result.memory.tokens = output.memory.tokens * kept.to(output.memory.tokens.scalar_type());
  return result;
}

/// Only the decoder and its stem are in training mode and get gradients.
at::Tensor sentence_loss(nn::HighlightNetwork& network, const nn::HighlightOutput& output, const at::Tensor& tokens,
                         bool bf16) {
  const AutocastGuard autocast(bf16);
  auto& decoder = *network->decoder();
  decoder.train();
  const auto inputs = tokens.slice(2, 0, tokens.size(2) - 1);
  const auto out = decoder.forward(network->caption_memory(output), inputs, /*want_attention=*/false);
  decoder.eval();
  return caption_cross_entropy(out.logits.to(at::kFloat), tokens, /*label_smoothing=*/0);
}

/// The images of one epoch in batches, with a share of images that the network has not seen in each.
class Epoch {
 public:
  Epoch(const LesionCaptionData& data, const LesionCaptionConfig& config, std::uint64_t seed)
      : data_(data), random_(seed), order_(shuffled(data.seen.size(), seed)) {
    held_out_ = data.held_out == nullptr || data.held_out->size() == 0
                    ? 0
                    : std::llround(config.held_out_share * config.batch_images);
    seen_ = std::max<std::int64_t>(1, config.batch_images - held_out_);
  }

  std::int64_t steps() const noexcept { return (data_.seen.size() + seen_ - 1) / seen_; }

  std::vector<Source> batch(std::int64_t step) {
    std::vector<Source> sources;
    for (auto i = step * seen_; i < std::min((step + 1) * seen_, data_.seen.size()); ++i) {
      sources.push_back({&data_.seen, order_[static_cast<std::size_t>(i)]});
    }
    for (std::int64_t i = 0; i < held_out_; ++i) {
      const auto size = static_cast<std::uint64_t>(data_.held_out->size());
      sources.push_back({data_.held_out, static_cast<std::int64_t>(random_() % size)});
    }
    return sources;
  }

 private:
  const LesionCaptionData& data_;
  std::mt19937_64 random_;
  std::vector<std::int64_t> order_;
  std::int64_t held_out_, seen_;
};

}  // namespace

text::Vocabulary lesion_vocabulary(const nn::HighlightConfig& model) {
  using namespace text;  // NOLINT(google-build-using-namespace): a dozen of its names
  std::vector<std::vector<std::string>> sentences;
  const auto add = [&](const LesionFacts& facts) {
    for (const auto& sentence : lesion_sentences(facts)) sentences.push_back(ptb_tokenize(sentence));
  };
  add({.finding = "", .count = 0});
  for (const auto& finding : model.findings()) {
    for (const auto position : {LesionPosition::upper_left, LesionPosition::lower_right, LesionPosition::centre}) {
      for (const auto size : {LesionSize::small, LesionSize::medium, LesionSize::large}) {
        for (const auto shape :
             {LesionShape::round, LesionShape::oval, LesionShape::elongated, LesionShape::irregular}) {
          for (int count = 1; count <= 5; ++count) {
            add({.finding = finding, .count = count, .position = position, .size = size, .shape = shape});
          }
        }
      }
    }
  }
  return Vocabulary::build(sentences, /*min_count=*/1);
}

bool train_lesion_captions(nn::HighlightNetwork& network, const nn::HighlightConfig& model,
                           const LesionCaptionData& data, const LesionCaptionConfig& config, std::uint64_t seed,
                           bool bf16, const std::function<void(int, double)>& on_epoch, const std::stop_token& stop) {
  const auto vocabulary = lesion_vocabulary(model);
  for (auto& item : network->named_parameters()) item.value().set_requires_grad(item.key().starts_with("caption."));
  Optimizer optimizer(group_parameters(*network, config.weight_decay, 1), config.ema_decay);
  std::int64_t done = 0;
  for (int number = 0; number < config.epochs; ++number) {
    Epoch epoch(data, config, mix({seed, static_cast<std::uint64_t>(number), 2}));
    const auto all_steps = epoch.steps() * config.epochs * config.repeats;
    double loss_sum = 0;
    int losses = 0;
    for (std::int64_t step = 0; step < epoch.steps(); ++step) {
      if (stop.stop_requested()) return false;
      const auto step_seed = mix({seed, static_cast<std::uint64_t>(number), static_cast<std::uint64_t>(step), 3});
      at::manual_seed(step_seed);
      const auto drawn = draw_batch(model, vocabulary, epoch.batch(step), data.augment, config.phrasings, step_seed);
      if (!drawn) continue;
      const auto output = look(network, model.calibration, drawn->rgb, bf16);
      for (int repeat = 0; repeat < config.repeats; ++repeat, ++losses) {
        optimizer.zero_gradients();
        const auto loss = sentence_loss(network, disturbed(output, config), drawn->tokens, bf16);
        loss.backward();
        constexpr double kClipNorm = 1, kFinalRate = 0.02;
        constexpr std::int64_t kWarmup = 50;
        optimizer.clip_gradients(kClipNorm);
        optimizer.step(cosine_rate(config.learning_rate, kFinalRate, done++, kWarmup, all_steps));
        loss_sum += loss.item<double>();
      }
    }
    if (on_epoch) on_epoch(number + 1, loss_sum / std::max(1, losses));
  }
  optimizer.swap_average();
  return true;
}

}  // namespace fovea::train
