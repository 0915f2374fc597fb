#include "train/caption_trainer.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/stack.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <nlohmann/json.hpp>

#include "decode/beam_search.hpp"
#include "decode/sampling.hpp"
#include "fovea/error.hpp"
#include "io/file.hpp"
#include "metrics/ending.hpp"
#include "text/ptb_tokenizer.hpp"
#include "train/autocast.hpp"
#include "train/random.hpp"
#include "train/starting_weights.hpp"

namespace fovea::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(ErrorCode::io, "cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

/// What of a configuration a checkpoint in stage `stage` depends on: all but the stages after it, so that stages can be
/// added to a run that is under way.
std::string configuration_up_to(const std::string& document, std::size_t stage) {
  auto json = nlohmann::json::parse(document);
  auto& stages = json.at("stages");
  if (stages.size() > stage + 1) stages.erase(stages.begin() + static_cast<std::ptrdiff_t>(stage + 1), stages.end());
  return json.dump();
}

/// Blocks of the encoder that a stage leaves as they are.
std::size_t frozen_blocks(const StageConfig& stage) {
  return nn::MobileNetV2Impl::kBlocks - static_cast<std::size_t>(stage.encoder_blocks);
}

bool trains_whole_encoder(const nn::Encoder& encoder, const StageConfig& stage) {
  return encoder.mobilenet_v2() == nullptr ? stage.encoder_learning_rate > 0 : frozen_blocks(stage) == 0;
}

void choose_trained_weights(nn::CaptionNetwork& network, const StageConfig& stage) {
  const bool whole = trains_whole_encoder(network->encoder(), stage);
  for (auto& parameter : network->encoder().module()->parameters()) parameter.set_requires_grad(whole);
  if (stage.encoder_blocks == 0) return;
  auto* encoder = network->encoder().mobilenet_v2();
  for (auto& parameter : encoder->head()->parameters()) parameter.set_requires_grad(true);
  for (std::size_t i = frozen_blocks(stage); i < encoder->blocks().size(); ++i) {
    for (auto& parameter : encoder->blocks()[i]->parameters()) parameter.set_requires_grad(true);
  }
}

constexpr std::int64_t kValidationBatch = 32;

}  // namespace

metrics::CaptionScores score_network(nn::CaptionNetwork& network, const CaptionDataset& data,
                                     const text::Vocabulary& vocabulary, const CaptionOptions& options,
                                     const std::function<nn::GridFeatures(std::int64_t, std::int64_t)>& grids) {
  const c10::InferenceMode inference;
  std::vector<metrics::CaptionPair> pairs;
  for (std::int64_t begin = 0; begin < data.size(); begin += kValidationBatch) {
    const auto end = std::min(begin + kValidationBatch, data.size());
    const auto found = decode::beam_search(network->decoder(), network->encode(grids(begin, end)), options);
    for (auto i = begin; i < end; ++i) {
      std::vector<std::string> words;
      for (const auto id : found[static_cast<std::size_t>(i - begin)].front().words())
        words.push_back(vocabulary.word(id));
      pairs.push_back({text::to_sentence(words), data.examples[static_cast<std::size_t>(i)].captions});
    }
  }
  return metrics::score_captions(pairs);
}

CaptionTrainer::CaptionTrainer(TrainCaptionOptions options, TrainConfig config,
                               std::function<void(const TrainProgress&)> on_progress, std::stop_token stop)
    : options_(std::move(options)),
      config_(std::move(config)),
      on_progress_(std::move(on_progress)),
      stop_(std::move(stop)) {
  if (options_.threads > 0) at::set_num_threads(options_.threads);
  if (options_.cache.empty()) options_.cache = options_.output / "cache";
  io::make_folder(options_.output);
  const auto threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  train_data_ = load_caption_dataset(options_.train_data, config_.model.input_size, threads);
  val_data_ = load_caption_dataset(options_.val_data, config_.model.input_size, threads);

  std::vector<std::vector<std::string>> all;
  for (const auto& image : train_data_.words) all.insert(all.end(), image.begin(), image.end());
  vocabulary_ = text::Vocabulary::build(all, config_.min_word_count);
  config_.model.transformer.vocabulary_size = config_.model.lstm.vocabulary_size = vocabulary_->size();

  std::vector<std::vector<metrics::TokenIds>> references;
  for (const auto& image : train_data_.words) {
    auto& encoded = captions_.emplace_back();
    auto& whole = references.emplace_back();
    for (const auto& words : image) {
      encoded.push_back(encode_caption(words, *vocabulary_, config_.max_words));
      whole.push_back(encode_caption(words, *vocabulary_, static_cast<int>(words.size())).ids);
      whole.back().push_back(text::Vocabulary::kEnd);
    }
  }
  std::set<std::int64_t> open_endings;
  for (std::int64_t id = 0; id < vocabulary_->size(); ++id) {
    if (metrics::is_open_ending(vocabulary_->word(id))) open_endings.insert(id);
  }
  reward_.emplace(references, std::move(open_endings));
}

bool CaptionTrainer::load_checkpoint() {
  const auto file = options_.output / "checkpoint.safetensors";
  if (!options_.resume || !std::filesystem::exists(file)) return false;
  const io::SafetensorsFile header(file);
  const auto meta = nlohmann::json::parse(header.metadata().at("position"));
  position_.stage = meta.at("stage");
  if (meta.at("config") != configuration_up_to(read_file(options_.config), position_.stage)) {
    throw Error(ErrorCode::usage, file.string() + " belongs to another configuration than " + options_.config.string() +
                                      "; take another output folder or start over without resuming");
  }
  position_.epoch = meta.at("epoch");
  position_.epochs_without_best = meta.at("epochs_without_best");
  position_.best_cider = meta.at("best_cider");
  position_.stage_best = meta.at("stage_best");
  position_.best_scores.bleu = meta.at("bleu");
  position_.best_scores.rouge_l = meta.at("rouge_l");
  position_.best_scores.cider = meta.at("best_cider");
  nn::TensorMap weights, state;
  for (auto& [name, tensor] : nn::read_tensors(file)) {
    constexpr std::string_view kWeight = "weight.", kState = "state.";
    if (name.starts_with(kWeight)) weights.emplace(name.substr(kWeight.size()), tensor);
    if (name.starts_with(kState)) state.emplace(name.substr(kState.size()), tensor);
  }
  nn::load_weights(**network_, weights, file.string());
  if (position_.epoch > 0) {
    const auto& stage = config_.stages.at(position_.stage);
    choose_trained_weights(*network_, stage);
    optimizer_.emplace(
        group_parameters(**network_, stage.weight_decay, stage.encoder_learning_rate / stage.learning_rate),
        stage.ema_decay);
    optimizer_->load_state(state);
  }
  return true;
}

void CaptionTrainer::save_checkpoint() const {
  nn::TensorMap tensors;
  for (const auto& [name, tensor] : nn::named_weights(**network_)) tensors.emplace("weight." + name, tensor);
  if (optimizer_) {
    for (const auto& [name, tensor] : optimizer_->state()) tensors.emplace("state." + name, tensor);
  }
  const nlohmann::json meta{{"config", configuration_up_to(read_file(options_.config), position_.stage)},
                            {"stage", position_.stage},
                            {"epoch", position_.epoch},
                            {"epochs_without_best", position_.epochs_without_best},
                            {"best_cider", position_.best_cider},
                            {"stage_best", position_.stage_best},
                            {"bleu", position_.best_scores.bleu},
                            {"rouge_l", position_.best_scores.rouge_l}};
  nn::write_tensors(options_.output / "checkpoint.safetensors", tensors, at::kFloat, {{"position", meta.dump()}});
}

TrainSummary CaptionTrainer::run() {
  open_teachers();
  at::manual_seed(config_.seed);
  network_.emplace(config_.model);
  load_starting_weights(*network_, options_, *vocabulary_);
  if (load_checkpoint()) {
    log_.emplace(options_.output, config_.stages[position_.stage].name, position_.epoch);
  } else {
    log_.emplace(options_.output);
  }
  for (; position_.stage < config_.stages.size() && !stop_.stop_requested(); ++position_.stage, position_.epoch = 0) {
    run_stage();
    if (stop_.stop_requested()) break;
  }
  return {.interrupted = stop_.stop_requested(), .best = position_.best_scores};
}

void CaptionTrainer::run_stage() {
  const auto& stage = config_.stages[position_.stage];
  auto& network = *network_;
  if (position_.epoch == 0) {
    const auto best = options_.output / "best.safetensors";
    if (position_.stage > 0 && std::filesystem::exists(best)) {
      nn::load_weights(*network, nn::read_tensors(best), best.string());
    }
    position_.stage_best = -1;
    position_.epochs_without_best = 0;
    choose_trained_weights(network, stage);
    optimizer_.emplace(
        group_parameters(*network, stage.weight_decay, stage.encoder_learning_rate / stage.learning_rate),
        stage.ema_decay);
  }
  TrainProgress progress;
  progress.stage = stage.name;
  progress.epochs = stage.epochs;
  train_views_.clear();
  val_views_.clear();
  if (!trains_whole_encoder(network->encoder(), stage)) {
    const auto report = [&](double done) {
      progress.stage = stage.name + ": features";
      progress.step = static_cast<std::int64_t>(done * 1000);
      progress.steps = 1000;
      if (on_progress_) on_progress_(progress);
    };
    FeatureOptions features{.views = stage.views,
                            .prefix_blocks = stage.encoder_blocks > 0 ? frozen_blocks(stage) : 0,
                            .precision = config_.bf16 ? at::kBFloat16 : at::kFloat,
                            .augment = config_.augment};
    train_views_ = make_feature_views(options_.cache, network->encoder(), train_data_, features, report, stop_);
    features.views = 1;
    val_views_ = make_feature_views(options_.cache, network->encoder(), val_data_, features, report, stop_);
    progress.stage = stage.name;
  }
  // Asked before an epoch, not after one: a run that is resumed here may have lost its patience before it was stopped.
  const auto patient = [&] { return stage.patience == 0 || position_.epochs_without_best < stage.patience; };
  while (position_.epoch < stage.epochs && patient() && !stop_.stop_requested()) {
    progress.epoch = position_.epoch + 1;
    const auto loss = run_epoch(stage, progress);
    if (!loss) return;
    ++position_.epoch;
    end_epoch(progress, *loss);
  }
}

std::optional<double> CaptionTrainer::run_epoch(const StageConfig& stage, TrainProgress& progress) {
  auto& network = *network_;
  const auto epoch = static_cast<std::uint64_t>(position_.epoch);
  const auto order = shuffled(train_data_.size(), mix({config_.seed, position_.stage, epoch}));
  const auto batch = static_cast<std::int64_t>(stage.batch_images);
  const auto steps = (train_data_.size() + batch - 1) / batch;
  const auto start = Clock::now();
  auto last_report = start;
  double loss_sum = 0, reward_sum = 0;
  network->train();
  progress.steps = steps;
  for (std::int64_t step = 0; step < steps; ++step) {
    if (stop_.stop_requested()) return std::nullopt;
    const std::vector<std::int64_t> images(order.begin() + step * batch,
                                           order.begin() + std::min((step + 1) * batch, train_data_.size()));
    const auto total = position_.epoch * steps + step;
    const auto seed = mix({config_.seed, position_.stage, epoch, static_cast<std::uint64_t>(step)});
    at::manual_seed(seed);
    double reward = 0;
    optimizer_->zero_gradients();
    const auto loss = step_loss(stage, images, seed, reward);
    loss.backward();
    optimizer_->clip_gradients(stage.clip_norm);
    optimizer_->step(
        cosine_rate(stage.learning_rate, stage.final_rate, total, stage.warmup_steps, stage.epochs * steps));
    loss_sum += loss.item<double>();
    reward_sum += reward;

    const double seconds = seconds_since(start);
    progress.step = step + 1;
    progress.loss = loss_sum / static_cast<double>(step + 1);
    progress.reward = reward_sum / static_cast<double>(step + 1);
    progress.images_per_second = static_cast<double>((step + 1) * batch) / seconds;
    progress.seconds_left =
        seconds / static_cast<double>(step + 1) * static_cast<double>(stage.epochs * steps - total - 1);
    progress.epoch_ended = false;
    if (on_progress_ && seconds_since(last_report) >= 1) {
      last_report = Clock::now();
      on_progress_(progress);
    }
  }
  return loss_sum / static_cast<double>(steps);
}

nn::GridFeatures CaptionTrainer::grids_of_view(const StageConfig& stage, const FeatureView& view,
                                               const std::vector<std::int64_t>& images) {
  const auto features = view.gather(images);
  if (stage.encoder_blocks > 0)
    return (*network_)->encoder().mobilenet_v2()->forward_from(features.at("prefix"), frozen_blocks(stage));
  const auto& coarse = features.at("coarse");
  return {.fine = (*network_)->encoder().layout().one_grid ? coarse : features.at("fine"), .coarse = coarse};
}

CaptionTrainer::View CaptionTrainer::draw_view(const StageConfig& stage, const std::vector<std::int64_t>& images,
                                               std::uint64_t seed) {
  if (!train_views_.empty()) {
    const auto view = mix({seed, 1}) % train_views_.size();
    return {.grids = grids_of_view(stage, train_views_[view], images),
            .pixels = stage.distillation > 0 ? view_pixels(train_data_, images, static_cast<int>(view), config_.augment)
                                             : at::Tensor()};
  }
  std::vector<at::Tensor> pixels;
  for (const auto image : images) {
    std::mt19937_64 random(mix({seed, 2, static_cast<std::uint64_t>(image)}));
    pixels.push_back(augment(train_data_.pixels[image], train_data_.may_flip[static_cast<std::size_t>(image)],
                             config_.augment, random));
  }
  const auto stacked = at::stack(pixels);
  return {.grids = (*network_)->extract(stacked), .pixels = stacked};
}

void CaptionTrainer::open_teachers() {
  const bool distils =
      std::ranges::any_of(config_.stages, [](const StageConfig& stage) { return stage.distillation > 0; });
  if (distils == options_.teachers.empty()) {
    throw Error(ErrorCode::usage, distils ? "a stage has 'distillation', but no teacher is given"
                                          : "teachers are given, but no stage has 'distillation'");
  }
  if (!distils) return;
  teachers_.emplace(options_.teachers, *vocabulary_, config_.model.input_size,
                    config_.bf16 ? Precision::bf16 : Precision::fp32);
}

at::Tensor CaptionTrainer::step_loss(const StageConfig& stage, const std::vector<std::int64_t>& images,
                                     std::uint64_t seed, double& reward) {
  auto& network = *network_;
  const AutocastGuard autocast(config_.bf16);
  const auto [grids, pixels] = draw_view(stage, images, seed);
  at::Tensor tokens, rewards;
  if (stage.objective == Objective::cross_entropy) {
    tokens = make_token_batch(captions_, images, stage.captions_per_image);
  } else {
    const c10::AutoGradMode no_grad(false);
    network->eval();
    const auto memory = network->encode(grids);
    tokens = stage.candidates == Candidates::beam
                 ? decode::search_many(network->decoder(), memory, stage.captions_per_image, config_.max_words)
                 : decode::sample_many(network->decoder(), memory, stage.captions_per_image, config_.max_words,
                                       stage.top_p, seed);
    network->train();
    rewards = (*reward_)(images, tokens);
    reward = rewards.mean().item<double>();
  }
  const bool regularised = stage.doubly_stochastic > 0;
  const auto inputs = tokens.slice(2, 0, -1);
  const auto out = network->decoder().forward(network->encode(grids), inputs, regularised);
  auto loss = stage.objective == Objective::cross_entropy
                  ? caption_cross_entropy(out.logits, tokens, stage.label_smoothing)
                  : self_critical_loss(out.logits, tokens, rewards);
  if (stage.distillation > 0) {
    const auto distilled = distillation_loss(out.logits, teachers_->probabilities(pixels, inputs), tokens);
    loss = (1 - stage.distillation) * loss + stage.distillation * distilled;
  }
  if (regularised) loss = loss + stage.doubly_stochastic * doubly_stochastic_penalty(out.attention, tokens);
  return loss;
}

metrics::CaptionScores CaptionTrainer::validate() {
  auto& network = *network_;
  network->eval();
  optimizer_->swap_average();
  const AutocastGuard autocast(config_.bf16);
  const auto scores =
      score_network(network, val_data_, *vocabulary_, config_.validation, [&](std::int64_t begin, std::int64_t end) {
        if (val_views_.empty()) return network->extract(val_data_.pixels.slice(0, begin, end));
        std::vector<std::int64_t> images(static_cast<std::size_t>(end - begin));
        std::iota(images.begin(), images.end(), begin);
        return grids_of_view(config_.stages[position_.stage], val_views_.front(), images);
      });
  optimizer_->swap_average();
  return scores;
}

void CaptionTrainer::end_epoch(TrainProgress& progress, double loss) {
  progress.loss = loss;
  progress.scores = validate();
  progress.epoch_ended = true;
  progress.best = progress.scores.cider > position_.best_cider;
  if (progress.scores.cider > position_.stage_best) {
    position_.stage_best = progress.scores.cider;
    position_.epochs_without_best = 0;
  } else {
    ++position_.epochs_without_best;
  }
  if (progress.best) {
    position_.best_cider = progress.scores.cider;
    position_.best_scores = progress.scores;
    optimizer_->swap_average();
    nn::write_tensors(options_.output / "best.safetensors", nn::named_weights(**network_), at::kFloat);
    nn::save_caption_model(options_.output / "model", config_.model, *vocabulary_, **network_);
    optimizer_->swap_average();
  }
  log_->add(progress);
  save_checkpoint();
  if (on_progress_) on_progress_(progress);
}

}  // namespace fovea::train

namespace fovea {

TrainSummary train_caption(const TrainCaptionOptions& options,
                           const std::function<void(const TrainProgress&)>& on_progress, std::stop_token stop) {
  const auto encoder = train::find_encoder(options.init.empty() ? options.encoder_weights : options.init);
  auto config = train::parse_train_config(train::read_file(options.config), options.config.string(), encoder);
  return train::CaptionTrainer(options, std::move(config), on_progress, std::move(stop)).run();
}

}  // namespace fovea
