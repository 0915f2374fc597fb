#include "train/normal_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/var_mean.h>
#include <c10/core/GradMode.h>

#include "fovea/error.hpp"
#include "io/file.hpp"
#include "nn/weights.hpp"
#include "train/coreset.hpp"
#include "train/normal_calibration.hpp"
#include "train/random.hpp"
#include "train/scan_dataset.hpp"
#include "train/starting_weights.hpp"

namespace fovea::train {
namespace {

constexpr std::int64_t kBatch = 8;
constexpr std::uint64_t kProjectionSeed = 1, kPatchSeed = 2;  // mixed with the configuration's

}  // namespace

NormalTrainer::NormalTrainer(TrainNormalOptions options, NormalTrainConfig config,
                             std::function<void(const TrainNormalProgress&)> on_progress, std::stop_token stop)
    : options_(std::move(options)),
      config_(std::move(config)),
      on_progress_(std::move(on_progress)),
      stop_(std::move(stop)),
      network_(config_.model.encoder) {
  if (options_.threads > 0) at::set_num_threads(options_.threads);
  if (options_.encoder_weights.empty()) {
    throw Error(ErrorCode::usage, "patches are known by an encoder's features: give an encoder's weights or a model");
  }
  if (!options_.val_data.empty()) read_scans({options_.val_data});  // before minutes of work are lost
  io::make_folder(options_.output);
}

bool NormalTrainer::go_on(const char* stage, std::int64_t done, std::int64_t total) {
  const auto now = std::chrono::steady_clock::now();
  if (on_progress_ && (done == total || now - last_report_ >= std::chrono::seconds(1))) {
    last_report_ = now;
    on_progress_({.stage = stage, .done = done, .total = total});
  }
  return !stop_.stop_requested();
}

void NormalTrainer::check_images() {
  const auto count = static_cast<int>(images_.examples.size());
  const int fewest = fewest_normal_images(config_.false_alarm_share);
  if (count < fewest) {
    throw Error(ErrorCode::usage, options_.train_data.string() + " has " + std::to_string(count) +
                                      " normal images; a threshold that calls at most a share of " +
                                      std::to_string(config_.false_alarm_share) + " of them abnormal needs at least " +
                                      std::to_string(fewest));
  }
  std::set<std::string> groups;
  for (const auto& example : images_.examples) groups.insert(example.group);
  if (groups.size() < 2) {
    throw Error(ErrorCode::usage, "all normal images of " + options_.train_data.string() +
                                      " are of one group; expected at least 2, since groups are not split and some "
                                      "images have to be kept from the memory they are compared with");
  }
  const int count_of_parts = std::min(config_.calibration_parts, static_cast<int>(groups.size()));
  parts_ = split_by_group(images_.examples, count_of_parts, kFoldSeed);
}

nn::PyramidFeatures NormalTrainer::pyramid(std::int64_t begin, std::int64_t end) const {
  return encoder_->pyramid(images_.pixels.slice(0, begin, end));
}

at::Tensor NormalTrainer::features(const nn::PyramidFeatures& pyramid) const {
  const auto features = nn::patch_features(pyramid, config_.model.levels);
  return scales_.defined() ? nn::scale_levels(features, scales_, config_.model.level_channels()) : features;
}

bool NormalTrainer::draw_candidates() {
  const auto count = images_.pixels.size(0);
  std::vector<at::Tensor> candidates;
  for (std::int64_t begin = 0; begin < count; begin += kBatch) {
    const auto end = std::min(begin + kBatch, count);
    const auto grids = pyramid(begin, end);
    statistics_.push_back(nn::FamiliarityImpl::features(grids));
    const auto found = features(grids);
    const auto cells = found.size(2) * found.size(3);
    const auto rows = nn::patch_rows(found);
    const auto share = std::clamp<std::int64_t>(config_.max_candidates / count, 1, cells);
    for (auto image = begin; image < end; ++image) {
      auto drawn = shuffled(cells, mix({config_.seed, kPatchSeed, static_cast<std::uint64_t>(image)}));
      drawn.resize(static_cast<std::size_t>(share));
      candidates.push_back(rows.slice(0, (image - begin) * cells, (image - begin + 1) * cells)
                               .index_select(0, at::tensor(drawn, at::kLong)));
      owners_.insert(owners_.end(), static_cast<std::size_t>(share), image);
    }
    if (!go_on("features", end, count)) return false;
  }
  candidates_ = at::cat(candidates);
  return true;
}

void NormalTrainer::scale_candidates() {
  constexpr double kLeastVariance = 1e-12;
  std::vector<double> scales;
  std::int64_t begin = 0;
  for (const auto channels : config_.model.level_channels()) {
    const auto end = begin + channels;
    auto part = candidates_.slice(1, begin, end);
    begin = end;
    const auto variance = std::get<0>(at::var_mean(part, /*dim=*/0, /*unbiased=*/false)).sum().item<double>();
    // As a model folder stores it, so that the memory's patches and those it is compared with are scaled alike.
    const auto scale = at::tensor(1 / std::sqrt(std::max(variance, kLeastVariance))).to(at::kHalf).item<double>();
    part.mul_(scale);
    scales.push_back(scale);
  }
  scales_ = at::tensor(scales, at::kFloat);
}

std::optional<at::Tensor> NormalTrainer::choose_patches(int part, const char* stage, std::int64_t before,
                                                        std::int64_t total) {
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < owners_.size(); ++i) {
    if (parts_[static_cast<std::size_t>(owners_[i])] != part) rows.push_back(static_cast<std::int64_t>(i));
  }
  const auto vectors = candidates_.index_select(0, at::tensor(rows, at::kLong));
  const auto side = config_.model.input_size / nn::grid_level(encoder_->layout(), config_.model.levels.front()).stride;
  const auto patches =
      static_cast<double>(side * side) *
      static_cast<double>(std::count_if(parts_.begin(), parts_.end(), [&](int p) { return p != part; }));
  const auto count = std::clamp<std::int64_t>(std::llround(config_.coreset_share * patches), 1, config_.max_patches);
  const auto chosen = greedy_coreset(
      random_projection(vectors, config_.projection, mix({config_.seed, kProjectionSeed})), count,
      [&](std::int64_t done) { return go_on(stage, before * count + std::min(done, count - 1), total * count); });
  if (stop_.stop_requested()) return std::nullopt;
  return vectors.index_select(0, at::tensor(chosen, at::kLong));
}

bool NormalTrainer::calibrate() {
  const int parts = *std::max_element(parts_.begin(), parts_.end()) + 1;
  std::int64_t chosen = 0;
  std::vector<double> image_distances;
  std::vector<at::Tensor> pixel_distances;
  for (int part = 0; part < parts; ++part) {
    const auto patches = choose_patches(part, "calibration", part, parts);
    if (!patches) return false;
    chosen += patches->size(0);
    const nn::PatchMemory memory(*patches, config_.model.neighbours);
    for (std::int64_t image = 0; image < images_.pixels.size(0); ++image) {
      if (parts_[static_cast<std::size_t>(image)] != part) continue;
      const auto distances = memory.compare(features(pyramid(image, image + 1)));
      image_distances.push_back(distances.image.item<double>());
      pixel_distances.push_back(
          nn::smooth_distances(distances.map, config_.model.input_size, config_.model.smoothing).flatten());
      if (stop_.stop_requested()) return false;
    }
  }
  auto& calibration = config_.model.calibration;
  calibration.image = scale_of_images(image_distances, config_.false_alarm_share);
  calibration.pixel = scale_of_pixels(at::cat(pixel_distances), config_.marked_share);
  calibration.false_alarm_share = config_.false_alarm_share;
  calibration.marked_share = config_.marked_share;
  calibration.images = static_cast<std::int64_t>(image_distances.size());
  const auto called = std::count_if(image_distances.begin(), image_distances.end(),
                                    [&](double distance) { return distance >= calibration.image.limit; });
  summary_.called_abnormal = static_cast<double>(called) / static_cast<double>(image_distances.size());
  return go_on("calibration", chosen, chosen);
}

TrainNormalSummary NormalTrainer::run() {
  const c10::AutoGradMode no_grad(false);
  TrainNormalSummary stopped;
  stopped.interrupted = true;
  load_encoder(network_, options_.encoder_weights);
  encoder_ = network_;
  if (network_.mobilenet_v2() != nullptr) encoder_->pack(at::kFloat, config_.model.input_size);  // of a copy
  images_ = read_normal_images(options_.train_data, config_.normal, config_.model.input_size,
                               [&](std::int64_t done, std::int64_t total) { return go_on("reading", done, total); });
  if (stop_.stop_requested()) return stopped;
  check_images();
  summary_.images = static_cast<int>(images_.examples.size());
  summary_.ignored = images_.ignored;
  summary_.skipped = images_.skipped;
  if (!draw_candidates()) return stopped;
  scale_candidates();
  if (!calibrate()) return stopped;
  constexpr int kOfNoPart = -1;
  const auto patches = choose_patches(kOfNoPart, "memory", 0, 1);
  if (!patches) return stopped;
  summary_.patches = config_.model.patches = patches->size(0);
  go_on("memory", summary_.patches, summary_.patches);
  save(*patches);
  validate();
  return summary_;
}

void NormalTrainer::save(const at::Tensor& patches) const {
  nn::PatchMemoryNetwork network(config_.model);
  network->patches().copy_(patches);
  network->scales().copy_(scales_);
  nn::load_weights(*network->encoder().module(), nn::named_weights(*network_.module()), "the encoder");
  fit_familiarity(*network->familiarity());
  nn::save_patch_memory(options_.output / "model", config_.model, *network);
}

void NormalTrainer::fit_familiarity(nn::FamiliarityImpl& familiarity) const {
  const auto all = at::cat(statistics_);
  std::vector<std::int64_t> known, held_out;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    (parts_[i] == 0 ? held_out : known).push_back(static_cast<std::int64_t>(i));
  }
  if (static_cast<std::int64_t>(known.size()) <= nn::FamiliarityImpl::kComponents) return;  // too few to know
  familiarity.fit(all.index_select(0, at::tensor(known, at::kLong)),
                  all.index_select(0, at::tensor(held_out, at::kLong)));
}

void NormalTrainer::validate() {
  if (options_.val_data.empty() || stop_.stop_requested()) return;
  EvalHighlightOptions options;
  options.models = {options_.output / "model"};
  options.data = {options_.val_data};
  HighlightEvaluation evaluation;
  try {
    evaluation = evaluate_highlight(
        options, [&](int done, int total) { go_on("validation", done, total); }, stop_);
  } catch (const Error&) {
    if (stop_.stop_requested()) return;  // the model is there, its figures are not
    throw;
  }
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  auto& scores = summary_.scores.emplace();
  scores.dice = scores.anomaly_auroc = scores.label_auroc = kUnknown;
  for (const auto& figure : evaluation.figures) {
    if (figure.name == "dice") scores.dice = figure.interval.value;
    if (figure.name == "anomaly_auroc") scores.anomaly_auroc = figure.interval.value;
  }
}

}  // namespace fovea::train

namespace fovea {

TrainNormalSummary train_normal(const TrainNormalOptions& options,
                                const std::function<void(const TrainNormalProgress&)>& on_progress,
                                std::stop_token stop) {
  auto config = train::read_normal_train_config(options.config, train::find_encoder(options.encoder_weights));
  return train::NormalTrainer(options, std::move(config), on_progress, std::move(stop)).run();
}

}  // namespace fovea
