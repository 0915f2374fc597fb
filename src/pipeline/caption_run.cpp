#include "fovea/caption_run.hpp"

#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "pipeline/batch_run.hpp"
#include "pipeline/exports.hpp"
#include "pipeline/input_list.hpp"
#include "pipeline/input_loader.hpp"
#include "pipeline/item_writer.hpp"
#include "pipeline/options_digest.hpp"
#include "pipeline/record_file.hpp"
#include "pipeline/record_index.hpp"
#include "pipeline/run_origin.hpp"
#include "pipeline/run_start.hpp"
#include "pipeline/side_outputs.hpp"
#include "pipeline/stopwatch.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace pipeline {
namespace {

/// One run from beginning to end; the members are made in the order in which a run needs them.
class CaptionRun {
 public:
  CaptionRun(const CaptionRunOptions& options, const RunObserver& observer, const std::stop_token& stop)
      : options_(options), observer_(observer), stop_(stop) {}

  RunSummary run() {
    check_some_input_exists(options_.inputs);
    prepare_outputs();
    for (const std::string& notice : inputs_.notices()) tell(notice);
    if (inputs_.size() == 0 || stop_.stop_requested()) return ended_before_items(inputs_, stop_);
    open_model();
    if (stop_.stop_requested()) return ended_before_items(inputs_, stop_);
    start_records();
    RunSummary summary = caption_all();
    if (!options_.dry_run) export_records(summary);
    return summary;
  }

 private:
  void tell(const std::string& notice) const {
    if (observer_.notice) observer_.notice(notice);
  }

  /// Everything that can be found wrong without the model.
  void prepare_outputs() {
    output_ = resolve_output(options_.output);
    if (!options_.dry_run) file_ = std::make_unique<RecordFile>(output_);
    const NameFilter filter{options_.include, options_.exclude};
    inputs_ = find_inputs(options_.inputs, filter, output_.parent_path(), stop_);
    if (!options_.dry_run) side_.emplace(options_, inputs_);
    if (options_.resume) records_ = RecordIndex(output_);
  }

  void open_model() {
    const ScopeTimer timer(open_model_seconds_);
    const auto model = Model::open(find_model(options_.model), options_.open);
    auto caption = with_choices(default_caption_options(*model), options_.caption);
    caption.attention = side_ && side_->wants_pictures();
    captioner_.emplace(model, caption);
    if (options_.scaled_decoding) {
      // Twice the input: the last halving is left to the resize, which keeps more captions as they are.
      min_side_ = 2 * captioner_->decoded_side();
    }
    origin_ = {model->info(), options_digest(caption, options_.open.precision, min_side_)};
    records_.check_made_by(origin_.model.sha256, origin_.options_sha256);
  }

  void start_records() {
    if (!file_) return;
    if (options_.resume) {
      file_->resume_after(records_);
    } else {
      file_->clear();
      side_->start_over();
    }
  }

  LoadPlan load_plan() const {
    LoadPlan plan;
    plan.load = {.max_pixels = options_.max_pixels, .min_side = min_side_};
    plan.retry_failed = options_.retry_failed;
    if (options_.dry_run) return plan;
    plan.prepare = [this](const Image& image) { return captioner_->prepare(image); };
    if (side_->wants_pictures()) plan.photos = PhotoSize::reduced;
    plan.is_incomplete = [this](const LoadedItem& item) { return side_->lacks_pictures(item.name, item.frame); };
    return plan;
  }

  RunSummary caption_all() {
    const Stopwatch watch;
    StageSeconds stages;
    stages.open_model = open_model_seconds_;
    ItemWriter writer(file_.get(), side_ ? &*side_ : nullptr, origin_, inputs_, observer_);
    // Enough waits for the next batch to be whole when the network is ready for it.
    InputLoader loader(inputs_, records_, load_plan(), thread_count(options_.loaders),
                       2 * static_cast<std::size_t>(options_.batch));
    BatchSteps<Caption> steps;
    steps.network = [this](std::span<const PreparedImage> images, StageSeconds& seconds) {
      CaptionSeconds network;
      auto captions = captioner_->caption(images, &network);
      seconds.encode += network.encode;
      seconds.search += network.search;
      return captions;
    };
    if (side_) {
      steps.write_beside = [this](FinishedCaption& done) { side_->write_caption(done.item, *done.result); };
    }
    steps.write_record = [&](FinishedCaption& done) { writer.write(done); };
    const std::string failure = BatchRun<Caption>(loader, steps, options_).run(stop_, stages);
    loader.join_and_add_to(stages);
    close_summary(writer.summary(), stages, failure, stop_, watch);
    return writer.summary();
  }

  void export_records(RunSummary& summary) {
    const ScopeTimer timer(summary.stages.write);
    try {
      if (options_.csv) export_csv(output_, export_path(output_, "csv"));
      if (options_.coco) {
        export_coco(output_, export_path(output_, "coco.json"), export_path(output_, "coco-images.json"));
      }
      side_->finish();
    } catch (const std::exception& e) {
      if (summary.write_error.empty()) summary.write_error = e.what();
    }
  }

  const SingleThreadedOperations single_threaded_;
  const CaptionRunOptions& options_;
  const RunObserver& observer_;
  const std::stop_token& stop_;
  fs::path output_;
  std::unique_ptr<RecordFile> file_;  ///< null in a dry run
  InputList inputs_;
  std::optional<SideOutputs> side_;  ///< empty in a dry run
  RecordIndex records_;              ///< of earlier runs
  std::optional<Captioner> captioner_;
  int min_side_ = 0;
  RunOrigin origin_;
  double open_model_seconds_ = 0;
};

}  // namespace
}  // namespace pipeline

RunSummary run_captions(const CaptionRunOptions& options, const RunObserver& observer, std::stop_token stop) {
  validate(options);
  return pipeline::CaptionRun(options, observer, stop).run();
}

}  // namespace fovea
