#include "train/lesion_captions.hpp"

#include <algorithm>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
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

std::optional<Told> tell(const nn::HighlightConfig& model, const ScanDataset& data, std::int64_t image,
                         const ScanAugmentOptions& augment, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Told told{augment_scan({data.pixels[image], data.masks[image]}, augment, random), {}};
  const auto side = static_cast<int>(told.sample.mask.size(0));
  const auto* mask = told.sample.mask.const_data_ptr<std::uint8_t>();
  const auto measures = image::measure_mask(std::span(mask, static_cast<std::size_t>(side) * side), side, side);
  const auto index = static_cast<std::size_t>(image);
  const bool had_lesion = !data.stored[index].empty();
  if (had_lesion != (measures.lesions > 0)) return std::nullopt;
  const auto& label = model.labels.empty() ? std::string() : data.examples[index].label;
  told.sentences = text::lesion_sentences(text::describe_lesion(label, model.finding, measures));
  return told;
}

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

bool train_lesion_captions(nn::HighlightNetwork& network, const nn::HighlightConfig& model, const ScanDataset& data,
                           const ScanAugmentOptions& augment, const LesionCaptionConfig& config, std::uint64_t seed,
                           bool bf16, const std::function<void(int, double)>& on_epoch, const std::stop_token& stop) {
  const auto vocabulary = lesion_vocabulary(model);
  const auto is_trained = [](const std::string& name) { return name.starts_with("caption."); };
  for (auto& item : network->named_parameters()) item.value().set_requires_grad(is_trained(item.key()));
  Optimizer optimizer(group_parameters(*network, config.weight_decay, 1), config.ema_decay);
  auto& decoder = *network->decoder();
  const auto batch = static_cast<std::int64_t>(config.batch_images);
  const auto steps = (data.size() + batch - 1) / batch;
  const int max_words = static_cast<int>(model.captions->max_positions) - 1;
  for (int epoch = 0; epoch < config.epochs; ++epoch) {
    const auto number = static_cast<std::uint64_t>(epoch);
    const auto order = shuffled(data.size(), mix({seed, number, 2}));
    double loss_sum = 0;
    for (std::int64_t step = 0; step < steps; ++step) {
      if (stop.stop_requested()) return false;
      const auto begin = step * batch, end = std::min(begin + batch, data.size());
      const auto step_seed = mix({seed, number, static_cast<std::uint64_t>(step), 3});
      at::manual_seed(step_seed);
      std::vector<std::optional<Told>> told(static_cast<std::size_t>(end - begin));
      parallel_for(end - begin, at::get_num_threads(), [&](std::int64_t i) {
        const auto image = order[static_cast<std::size_t>(begin + i)];
        told[static_cast<std::size_t>(i)] =
            tell(model, data, image, augment, mix({step_seed, static_cast<std::uint64_t>(image)}));
      });
      std::vector<at::Tensor> rgb;
      std::vector<std::vector<EncodedCaption>> captions;
      std::vector<std::int64_t> images;
      for (const auto& one : told) {
        if (!one) continue;
        images.push_back(static_cast<std::int64_t>(captions.size()));
        rgb.push_back(one->sample.rgb);
        auto& own = captions.emplace_back();
        for (const auto& sentence : one->sentences) {
          own.push_back(encode_caption(text::ptb_tokenize(sentence), vocabulary, max_words));
        }
      }
      if (rgb.empty()) continue;
      const AutocastGuard autocast(bf16);
      nn::HighlightOutput output;
      {
        const c10::AutoGradMode no_grad(false);
        output = network->forward(network->extract(at::stack(rgb)));
      }
      const auto tokens = make_token_batch(captions, images, text::kLesionPhrasings);
      decoder.train();
      const auto out = decoder.forward(network->caption_memory(output), tokens.slice(2, 0, tokens.size(2) - 1), false);
      optimizer.zero_gradients();
      const auto loss = caption_cross_entropy(out.logits.to(at::kFloat), tokens, 0);
      loss.backward();
      optimizer.clip_gradients(1);
      constexpr double kFinalRate = 0.02;
      constexpr std::int64_t kWarmup = 50;
      optimizer.step(
          cosine_rate(config.learning_rate, kFinalRate, epoch * steps + step, kWarmup, config.epochs * steps));
      decoder.eval();
      loss_sum += loss.item<double>();
    }
    if (on_epoch) on_epoch(epoch + 1, loss_sum / static_cast<double>(steps));
  }
  optimizer.swap_average();
  return true;
}

}  // namespace fovea::train
