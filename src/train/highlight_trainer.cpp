#include "train/highlight_trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <nlohmann/json.hpp>

#include "fovea/error.hpp"
#include "io/file.hpp"
#include "nn/model_folder.hpp"
#include "train/autocast.hpp"
#include "train/highlight_calibration.hpp"
#include "train/highlight_log.hpp"
#include "train/highlight_losses.hpp"
#include "train/parallel_for.hpp"
#include "train/random.hpp"
#include "train/starting_weights.hpp"

namespace fovea::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Weights that finish() makes: no epoch trains them, no checkpoint holds them.
bool is_made_last(const std::string& name) { return name.starts_with("caption.") || name.starts_with("familiarity."); }

/// What of a configuration the epochs depend on.
std::string epochs_configuration(const std::filesystem::path& file) {
  auto json = nlohmann::json::parse(nn::read_model_text(file));
  json.erase("captions");
  json.at("model").erase("captions");
  return json.dump();
}

}  // namespace

HighlightTrainer::HighlightTrainer(TrainHighlightOptions options, HighlightTrainConfig config,
                                   std::function<void(const TrainHighlightProgress&)> on_progress, std::stop_token stop)
    : options_(std::move(options)),
      config_(std::move(config)),
      on_progress_(std::move(on_progress)),
      stop_(std::move(stop)) {
  if (options_.threads > 0) at::set_num_threads(options_.threads);
  if (options_.folds != 0 && (options_.folds < 2 || options_.fold < 1 || options_.fold > options_.folds)) {
    throw Error(ErrorCode::usage, "fold " + std::to_string(options_.fold) + " of " + std::to_string(options_.folds) +
                                      " was asked for; expected 1 to N of N, N at least 2");
  }
  io::make_folder(options_.output);
  load_data();
}

void HighlightTrainer::load_data() {
  auto train = read_scans({options_.train_data}), val = read_scans({options_.val_data});
  if (options_.folds > 0) {
    auto all = std::move(train);
    std::move(val.begin(), val.end(), std::back_inserter(all));
    const auto parts = split_by_group(all, options_.folds, kFoldSeed);
    val = part_of(all, parts, options_.fold - 1, false);
    train = part_of(all, parts, options_.fold - 1, true);
  }
  const auto threads = std::max(1, at::get_num_threads());
  const auto load = [&](std::vector<text::ScanExample> examples, bool clean) {
    return load_scan_dataset(std::move(examples), config_.model.labels, config_.model.input_size, clean, threads);
  };
  if (config_.calibration_share > 0) {
    const auto parts =
        split_by_group(train, static_cast<int>(std::max(2.0, std::round(1 / config_.calibration_share))), kFoldSeed);
    calibration_data_ = load(part_of(train, parts, 0, false), false);
    train = part_of(train, parts, 0, true);
  }
  train_data_ = load(std::move(train), config_.clean_share > 0);
  val_data_ = load(std::move(val), false);

  std::vector<float> counts(config_.model.labels.size(), 0);
  for (const auto label : train_data_.labels) {
    if (label >= 0) ++counts[static_cast<std::size_t>(label)];
  }
  float sum = 0;
  for (auto& count : counts) sum += count = 1 / std::sqrt(std::max(count, 1.0F));
  for (auto& count : counts) count *= static_cast<float>(counts.size()) / sum;
  label_weights_ = at::tensor(counts);
}

void HighlightTrainer::start_network() {
  at::manual_seed(config_.seed);
  network_.emplace(config_.model);
  auto& network = *network_;
  load_starting_weights(network, options_, config_.model);
  for (auto& item : network->named_parameters()) {
    if (is_made_last(item.key())) item.value().set_requires_grad(false);
  }
  auto* encoder = network->encoder().mobilenet_v2();
  if (encoder == nullptr && config_.encoder_learning_rate <= 0) {
    for (auto& parameter : network->encoder().module()->parameters()) parameter.set_requires_grad(false);
  }
  if (config_.freeze_stem) {
    for (const auto& weight : network->encoder().stem_weights()) weight.set_requires_grad(false);
    if (encoder != nullptr) {
      stem_.emplace(*encoder, config_.bf16 ? at::kBFloat16 : at::kFloat, config_.model.input_size);
    }
  }
  optimizer_.emplace(
      group_parameters(*network, config_.weight_decay, config_.encoder_learning_rate / config_.learning_rate),
      config_.ema_decay);
}

bool HighlightTrainer::load_checkpoint() {
  const auto file = options_.output / "checkpoint.safetensors";
  if (!options_.resume || !std::filesystem::exists(file)) return false;
  const io::SafetensorsFile header(file);
  const auto meta = nlohmann::json::parse(header.metadata().at("position"));
  if (meta.at("config") != epochs_configuration(options_.config)) {
    throw Error(ErrorCode::usage, file.string() + " belongs to another configuration than " + options_.config.string() +
                                      "; take another output folder or start over without resuming");
  }
  epoch_ = meta.at("epoch");
  nn::TensorMap weights, state;
  for (auto& [name, tensor] : nn::read_tensors(file)) {
    constexpr std::string_view kWeight = "weight.", kState = "state.";
    if (name.starts_with(kWeight)) weights.emplace(name.substr(kWeight.size()), tensor);
    if (name.starts_with(kState)) state.emplace(name.substr(kState.size()), tensor);
  }
  for (const auto& [name, tensor] : nn::named_weights(**network_)) {
    if (is_made_last(name)) weights.emplace(name, tensor);
  }
  nn::load_weights(**network_, weights, file.string());
  if (state.size() > optimizer_->state().size()) {
    throw Error(ErrorCode::usage,
                file.string() +
                    " is of a run that trained more weights than this one would (freeze_stem, "
                    "encoder_learning_rate); take another output folder or start over without resuming");
  }
  optimizer_->load_state(state);
  return true;
}

void HighlightTrainer::save_checkpoint() const {
  nn::TensorMap tensors;
  for (const auto& [name, tensor] : nn::named_weights(**network_)) {
    if (!is_made_last(name)) tensors.emplace("weight." + name, tensor);
  }
  for (const auto& [name, tensor] : optimizer_->state()) tensors.emplace("state." + name, tensor);
  const nlohmann::json meta{{"config", epochs_configuration(options_.config)}, {"epoch", epoch_}};
  nn::write_tensors(options_.output / "checkpoint.safetensors", tensors, at::kFloat, {{"position", meta.dump()}});
}

TrainHighlightSummary HighlightTrainer::run() {
  start_network();
  load_checkpoint();
  HighlightLog log(options_.output, epoch_);
  TrainHighlightProgress progress;
  progress.epochs = config_.epochs;
  while (epoch_ < config_.epochs) {
    progress.epoch = epoch_ + 1;
    const auto loss = run_epoch(progress);
    if (!loss) return {.interrupted = true, .scores = progress.scores};
    ++epoch_;
    progress.loss = *loss;
    progress.scores = validate();
    progress.epoch_ended = true;
    log.add(progress);
    save_checkpoint();
    if (on_progress_) on_progress_(progress);
  }
  progress.scores = validate();
  return {.interrupted = !finish(), .scores = progress.scores};
}

std::optional<double> HighlightTrainer::run_epoch(TrainHighlightProgress& progress) {
  auto& network = *network_;
  const auto epoch = static_cast<std::uint64_t>(epoch_);
  const auto order = shuffled(train_data_.size(), mix({config_.seed, epoch}));
  const auto batch = static_cast<std::int64_t>(config_.batch_images);
  const auto steps = (train_data_.size() + batch - 1) / batch;
  const auto start = Clock::now();
  auto last_report = start;
  double loss_sum = 0;
  network->train();
  progress.steps = steps;
  progress.epoch_ended = false;
  for (std::int64_t step = 0; step < steps; ++step) {
    if (stop_.stop_requested()) return std::nullopt;
    const std::vector<std::int64_t> images(order.begin() + step * batch,
                                           order.begin() + std::min((step + 1) * batch, train_data_.size()));
    const auto total = epoch_ * steps + step;
    const auto seed = mix({config_.seed, epoch, static_cast<std::uint64_t>(step), 1});
    at::manual_seed(seed);
    optimizer_->zero_gradients();
    const auto loss = step_loss(images, seed);
    loss.backward();
    optimizer_->clip_gradients(config_.clip_norm);
    optimizer_->step(
        cosine_rate(config_.learning_rate, config_.final_rate, total, config_.warmup_steps, config_.epochs * steps));
    loss_sum += loss.item<double>();

    const double seconds = seconds_since(start);
    progress.step = step + 1;
    progress.loss = loss_sum / static_cast<double>(step + 1);
    progress.images_per_second = static_cast<double>((step + 1) * batch) / seconds;
    progress.seconds_left =
        seconds / static_cast<double>(step + 1) * static_cast<double>(config_.epochs * steps - total - 1);
    if (on_progress_ && seconds_since(last_report) >= 1) {
      last_report = Clock::now();
      on_progress_(progress);
    }
  }
  return loss_sum / static_cast<double>(steps);
}

nn::PyramidFeatures HighlightTrainer::extract(const at::Tensor& rgb) {
  auto& network = *network_;
  if (!stem_) return network->extract(rgb);
  constexpr auto kFrozen = nn::MobileNetV2Impl::kQuarterBlocks;
  at::Tensor quarter;
  {
    const c10::AutoGradMode no_grad(false);
    quarter = stem_->prefix(rgb, kFrozen);
  }
  return network->encoder().mobilenet_v2()->pyramid_from(quarter, kFrozen);
}

void HighlightTrainer::mix_samples(std::vector<ScanSample>& samples, std::vector<std::int64_t>& labels,
                                   std::uint64_t seed) const {
  std::mt19937_64 random(mix({seed, 2}));
  const auto before = samples;
  const auto labels_before = labels;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (uniform(random, 0, 1) >= config_.augment.cutmix) continue;
    const auto other = static_cast<std::size_t>(random() % samples.size());
    samples[i] = cut_mix(before[i], before[other], random);
    // A label holds for the mixture where both have it, and what makes it true is still to be seen.
    const bool marked = before[i].mask.any().item<bool>();
    if (labels_before[other] != labels[i] || marked != samples[i].mask.any().item<bool>()) labels[i] = -1;
  }
}

at::Tensor HighlightTrainer::step_loss(const std::vector<std::int64_t>& images, std::uint64_t seed) {
  std::vector<ScanSample> samples(images.size());
  std::vector<std::int64_t> labels;
  labels.reserve(images.size());
  for (const auto image : images) labels.push_back(train_data_.labels[static_cast<std::size_t>(image)]);
  parallel_for(static_cast<std::int64_t>(images.size()), at::get_num_threads(), [&](std::int64_t i) {
    const auto index = static_cast<std::size_t>(i);
    std::mt19937_64 random(mix({seed, static_cast<std::uint64_t>(images[index])}));
    const bool clean = uniform(random, 0, 1) < config_.clean_share;
    const auto& pixels = clean ? train_data_.clean : train_data_.pixels;
    samples[index] = augment_scan({pixels[images[index]], train_data_.masks[images[index]]}, config_.augment, random);
  });
  if (config_.augment.cutmix > 0) mix_samples(samples, labels, seed);
  std::vector<at::Tensor> rgb, masks;
  for (auto& sample : samples) {
    rgb.push_back(sample.rgb);
    masks.push_back(sample.mask);
  }
  auto& network = *network_;
  nn::HighlightOutput out;
  {
    const AutocastGuard autocast(config_.bf16);
    out = network->forward(extract(at::stack(rgb)));
  }
  const auto mask = mask_loss(out.heat.to(at::kFloat), at::stack(masks));
  auto loss = mask.cross_entropy + config_.dice_weight * mask.dice;
  if (out.labels.defined()) {
    loss = loss + config_.label_weight * label_loss(out.labels.to(at::kFloat), at::tensor(labels, at::kLong),
                                                    label_weights_, config_.label_smoothing);
  }
  return loss;
}

HighlightScores HighlightTrainer::validate() {
  auto& network = *network_;
  network->eval();
  optimizer_->swap_average();
  const auto scores = score(predict(network, val_data_, config_.bf16), val_data_, config_.model);
  optimizer_->swap_average();
  return scores;
}

void HighlightTrainer::fit_familiarity(const ScanDataset& held_out) {
  const c10::InferenceMode inference;
  auto& network = *network_;
  const auto features = [&](const ScanDataset& data) {
    constexpr std::int64_t kBatch = 16;
    std::vector<at::Tensor> parts;
    for (std::int64_t begin = 0; begin < data.size(); begin += kBatch) {
      const auto rgb = data.pixels.slice(0, begin, std::min(begin + kBatch, data.size()));
      parts.push_back(nn::FamiliarityImpl::features(network->extract(rgb)));
    }
    return at::cat(parts);
  };
  if (train_data_.size() <= nn::FamiliarityImpl::kComponents) return;  // too few to know what is usual
  network->familiarity()->fit(features(train_data_), features(held_out));
}

bool HighlightTrainer::finish() {
  auto& network = *network_;
  network->eval();
  optimizer_->swap_average();
  const auto& held_out = calibration_data_ ? *calibration_data_ : val_data_;
  config_.model.calibration = calibrate(predict(network, held_out, /*bf16=*/false), held_out, config_.model);
  fit_familiarity(held_out);
  if (config_.model.captions) {
    TrainHighlightProgress progress;
    progress.captions = true;
    progress.epochs = config_.captions.epochs;
    const auto report = [&](int epoch, double loss) {
      progress.epoch = epoch;
      progress.loss = loss;
      if (on_progress_) on_progress_(progress);
    };
    const LesionCaptionData data{train_data_, calibration_data_ ? &*calibration_data_ : nullptr, config_.augment};
    if (!train_lesion_captions(network, config_.model, data, config_.captions, config_.seed, config_.bf16, report,
                               stop_)) {
      return false;
    }
    const auto words = lesion_vocabulary(config_.model);
    nn::save_highlight_model(options_.output / "model", config_.model, *network, &words);
  } else {
    nn::save_highlight_model(options_.output / "model", config_.model, *network);
  }
  return true;
}

}  // namespace fovea::train

namespace fovea {

TrainHighlightSummary train_highlight(const TrainHighlightOptions& options,
                                      const std::function<void(const TrainHighlightProgress&)>& on_progress,
                                      std::stop_token stop) {
  const auto encoder = train::find_encoder(options.init.empty() ? options.encoder_weights : options.init);
  auto config =
      train::parse_highlight_train_config(nn::read_model_text(options.config), options.config.string(), encoder);
  return train::HighlightTrainer(options, std::move(config), on_progress, std::move(stop)).run();
}

}  // namespace fovea
