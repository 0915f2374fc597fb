#include "fovea/highlight_run.hpp"

#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "dicom_out/deidentify.hpp"
#include "fovea/error.hpp"
#include "pipeline/batch_run.hpp"
#include "pipeline/dicom_results.hpp"
#include "pipeline/finding_files.hpp"
#include "pipeline/finding_index.hpp"
#include "pipeline/finding_record.hpp"
#include "pipeline/finding_table.hpp"
#include "pipeline/highlight_writer.hpp"
#include "pipeline/input_list.hpp"
#include "pipeline/input_loader.hpp"
#include "pipeline/options_digest.hpp"
#include "pipeline/output_layout.hpp"
#include "pipeline/record_file.hpp"
#include "pipeline/run_key.hpp"
#include "pipeline/run_origin.hpp"
#include "pipeline/run_start.hpp"
#include "pipeline/series_plan.hpp"
#include "pipeline/series_writer.hpp"
#include "pipeline/stopwatch.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace pipeline {
namespace {

constexpr const char* kFindingsFileName = "findings.jsonl";
constexpr const char* kTableFileName = "findings.csv";

/// Maps of so many pixels go through the network together, beside the first image: each takes 8 bytes and more.
constexpr std::int64_t kBatchPixels = 8'000'000;

/// Results would lie among the inputs of the next run.
void check_is_no_input(const fs::path& root, const std::vector<fs::path>& inputs) {
  for (const fs::path& input : inputs) {
    std::error_code error;
    if (!fs::is_directory(input, error) || fs::canonical(input, error) != root) continue;
    throw Error(ErrorCode::usage, "output = " + root.native() + " is an input; choose another folder for the results");
  }
}

/// One run from beginning to end; the members are made in the order in which a run needs them.
class HighlightRun {
 public:
  HighlightRun(const HighlightRunOptions& options, const RunObserver& observer, const std::stop_token& stop)
      : options_(options), observer_(observer), stop_(stop) {}

  RunSummary run() {
    check_some_input_exists(options_.inputs);
    prepare_outputs();
    tell_paths(inputs_.notices());
    if (inputs_.size() == 0 || stop_.stop_requested()) return ended_before_items(inputs_, stop_);
    plan_.emplace(inputs_, load_options(), stop_);
    tell_paths(plan_->notices());
    open_model();
    if (stop_.stop_requested()) return ended_before_items(inputs_, stop_);
    lay_out();
    if (file_ && options_.resume) file_->resume_after(earlier_.records());
    if (file_ && !options_.resume) file_->clear();
    RunSummary summary = highlight_all();
    if (file_ && options_.outputs.table) write_table(summary);
    return summary;
  }

 private:
  void tell(const std::string& notice) const {
    if (observer_.notice) observer_.notice(notice);
  }

  /// Notices that say where inputs lie.
  void tell_paths(const std::vector<std::string>& notices) const {
    if (!options_.deidentify) {
      for (const std::string& notice : notices) tell(notice);
    } else if (!notices.empty()) {
      tell(std::to_string(notices.size()) + " remarks on inputs are not shown, since they name paths");
    }
  }

  LoadOptions load_options() const { return {.max_pixels = options_.max_pixels, .display = options_.display}; }

  /// Everything that can be found wrong without the model.
  void prepare_outputs() {
    findings_ = resolve_output(options_.output / kFindingsFileName);
    const fs::path root = findings_.parent_path();
    check_is_no_input(root, options_.inputs);
    if (!options_.dry_run) file_ = std::make_unique<RecordFile>(findings_, kFindingRecords);
    const NameFilter filter{options_.include, options_.exclude};
    inputs_ = find_inputs(options_.inputs, filter, root, stop_, root);
    if (options_.resume) earlier_ = FindingIndex(findings_);
    if (options_.deidentify || options_.dicom.any()) prepare_key(root);
  }

  void prepare_key(const fs::path& root) {
    const fs::path file = run_key_file(root);
    std::error_code ignored;
    if (!options_.resume && !options_.dry_run) fs::remove(file, ignored);  // other results have other UIDs
    key_ = options_.dry_run && !fs::exists(file) ? make_run_key() : read_or_make_run_key(file);
    if (!options_.deidentify) return;
    deidentifier_.emplace(key_);
    inputs_.hide_names([this](std::string_view path) { return deidentifier_->hash(path); });
  }

  void open_model() {
    const ScopeTimer timer(open_model_seconds_);
    const auto model = Model::open(find_model(options_.model), options_.open);
    HighlightOptions highlight = options_.highlight;
    const bool captions = highlight.caption && model->info().vocabulary_size > 0;
    highlight.attention = captions && options_.outputs.attention;
    highlighter_.emplace(model, highlight);
    origin_ = {model->info(),
               options_digest(highlight, options_.display, options_.open.precision, options_.deidentify)};
    earlier_.records().check_made_by(origin_.model.sha256, origin_.options_sha256);
    if (options_.dicom.any()) dicom_.emplace(options_, origin_, key_);
    files_.emplace(options_, findings_.parent_path(), captions, dicom_ ? &*dicom_ : nullptr);
  }

  void lay_out() {
    const std::string findings = kFindingsFileName;
    layout_.emplace(findings_.parent_path(), inputs_, earlier_.folders(),
                    std::vector<std::string>{findings, findings + ".lock", kTableFileName});
    series_.emplace(options_, *plan_, inputs_, *layout_, origin_, findings_, dicom_ ? &*dicom_ : nullptr,
                    deidentifier_ ? &*deidentifier_ : nullptr);
    for (std::size_t i = 0; i < plan_->series().size(); ++i) {
      for (const std::string& notice : plan_->series()[i].notices) tell(series_->folder(i) + ": " + notice);
    }
  }

  LoadPlan load_plan() const {
    LoadPlan plan;
    plan.load = load_options();
    plan.result = ItemOutcome::highlighted;
    plan.planned = ItemOutcome::to_highlight;
    plan.scans = true;
    plan.retry_failed = options_.retry_failed;
    plan.is_incomplete = [this](const LoadedItem& item) {
      return !files_->has_all(layout_->item_folder(item.input, item.frame, item.frame_count),
                              series_->is_slice(item.input, item.frame),
                              earlier_.files(item.name, item.frame, *item.existing));
    };
    if (options_.dry_run) return plan;
    plan.prepare = [this](const Image& image) { return highlighter_->prepare(image); };
    if (files_->needs_photos() || options_.outputs.montage) plan.photos = PhotoSize::whole;
    return plan;
  }

  RunSummary highlight_all() {
    const Stopwatch watch;
    StageSeconds stages;
    stages.open_model = open_model_seconds_;
    std::optional<HighlightOutput> output;
    const auto* deidentifier = deidentifier_ ? &*deidentifier_ : nullptr;
    if (file_) output.emplace(HighlightOutput{*file_, *layout_, *files_, *series_, origin_, deidentifier});
    HighlightWriter writer(output ? &*output : nullptr, inputs_, observer_);
    // Enough waits for the next batch to be whole when the network is ready for it.
    InputLoader loader(inputs_, earlier_.records(), load_plan(), thread_count(options_.loaders),
                       2 * static_cast<std::size_t>(options_.batch));
    BatchSteps<Highlight> steps;
    steps.batch_pixels = kBatchPixels;
    steps.network = [this](std::span<const PreparedImage> images, StageSeconds& seconds) {
      const ScopeTimer timer(seconds.encode);
      std::vector<Highlight> highlights;
      for (Finding& finding : highlighter_->find(images)) highlights.push_back({std::move(finding)});
      return highlights;
    };
    steps.write_beside = [&](FinishedHighlight& done) { writer.write_files(done); };
    steps.write_record = [&](FinishedHighlight& done) { writer.write_record(done); };
    const std::string failure = BatchRun<Highlight>(loader, steps, options_).run(stop_, stages);
    loader.join_and_add_to(stages);
    close_summary(writer.summary(), stages, failure, stop_, watch);
    for (const std::string& notice : writer.notices()) tell(notice);
    return writer.summary();
  }

  void write_table(RunSummary& summary) const {
    const ScopeTimer timer(summary.stages.write);
    try {
      write_finding_table(findings_, findings_.parent_path() / kTableFileName);
    } catch (const std::exception& e) {
      if (summary.write_error.empty()) summary.write_error = e.what();
    }
  }

  const SingleThreadedOperations single_threaded_;
  const HighlightRunOptions& options_;
  const RunObserver& observer_;
  const std::stop_token& stop_;
  fs::path findings_;
  std::unique_ptr<RecordFile> file_;  ///< null in a dry run
  InputList inputs_;
  FindingIndex earlier_;
  std::string key_;
  std::optional<dicom_out::Deidentifier> deidentifier_;
  std::optional<SeriesPlan> plan_;
  std::optional<Highlighter> highlighter_;
  RunOrigin origin_;
  std::optional<DicomResults> dicom_;
  std::optional<FindingFiles> files_;
  std::optional<OutputLayout> layout_;
  std::optional<SeriesWriter> series_;
  double open_model_seconds_ = 0;
};

}  // namespace
}  // namespace pipeline

RunSummary run_highlights(const HighlightRunOptions& options, const RunObserver& observer, std::stop_token stop) {
  validate(options);
  return pipeline::HighlightRun(options, observer, stop).run();
}

}  // namespace fovea
