#include "pipeline/highlight_writer.hpp"

#include <cstdio>
#include <exception>
#include <new>
#include <utility>

#include "fovea/error.hpp"
#include "image/burned_in.hpp"
#include "pipeline/finding_record.hpp"
#include "pipeline/stopwatch.hpp"

namespace fovea::pipeline {
namespace {

image::BurnedIn burned_in(const LoadedItem& item) {
  return item.scan ? image::burned_in(item.scan->identity) : image::BurnedIn::no;
}

/// "1 image", "2 images"
std::string images(std::uint64_t count) { return std::to_string(count) + (count == 1 ? " image" : " images"); }

std::string unfamiliar_notice(double distance) {
  char text[160];
  std::snprintf(text, sizeof text,
                "the image is unlike those that the model was trained on (%.1f times the distance that is usual): what "
                "is found in it may mean nothing",
                distance);
  return text;
}

std::string explanation_notice(const std::string& label) {
  return "the heat map shows where the model looked for " + label + ", not what is abnormal";
}

/// A finding in a line.
std::string short_text(const Finding& finding) {
  std::string caption = caption_text(finding);
  if (!caption.empty()) return caption;
  const std::size_t count = finding.regions.size();
  return finding.label + ", " +
         (count == 0 ? "no region" : std::to_string(count) + (count == 1 ? " region" : " regions"));
}

}  // namespace

HighlightWriter::HighlightWriter(const HighlightOutput* output, const InputList& inputs, const RunObserver& observer)
    : output_(output), inputs_(inputs), tally_(inputs, observer) {}

FindingRecord HighlightWriter::begin_record(const LoadedItem& item) const {
  FindingRecord record;
  output_->origin.stamp(record, item);
  record.frame_count = item.frame_count;
  record.folder = output_->layout.item_folder(item.input, item.frame, item.frame_count);
  if (item.scan) set_source(record, *item.scan);
  if (const auto* deidentifier = output_->deidentifier) {
    record.input_is_path = false;
    for (std::string* uid : {&record.study_uid, &record.series_uid, &record.sop_uid}) {
      if (!uid->empty()) *uid = deidentifier->uid(*uid);
    }
  }
  if (const auto warning = image::warning_of(burned_in(item)); !warning.empty()) record.notices.emplace_back(warning);
  return record;
}

void HighlightWriter::write_files(FinishedHighlight& finished) const {
  try {
    try_write_files(finished);
    return;
  } catch (const Error& e) {
    if (e.code() == ErrorCode::io) throw;
    finished.item.error = current_error();
  } catch (const std::bad_alloc&) {
    finished.item.error = current_error();
  }
  finished.item.outcome = ItemOutcome::failed;
  finished.item.photo = {};
  finished.result.reset();
}

void HighlightWriter::try_write_files(FinishedHighlight& finished) const {
  LoadedItem& item = finished.item;
  Finding& finding = finished.result->finding;
  if (item.scan) locate(finding, item.scan->geometry);
  FindingRecord& record = finished.result->record;
  record = begin_record(item);
  if (finding.unfamiliar) record.notices.push_back(unfamiliar_notice(finding.distance.value_or(0)));
  if (finding.explained) record.notices.push_back(explanation_notice(*finding.explained));
  auto heat_map = std::move(finding.heat_map);
  auto mask = std::move(finding.mask);
  record.finding = finding;
  finding.heat_map = std::move(heat_map);
  finding.mask = std::move(mask);
  const bool slice = output_->series.is_slice(item.input, item.frame);
  const Image overlay = output_->files.write(inputs_.path(item.input), item, finding, slice, record);
  if (slice) output_->series.add_picture(item, finding, overlay);
  // What waits for its turn is small.
  finding = {};
  item.photo = {};
}

void HighlightWriter::write_record(FinishedHighlight& finished) {
  if (output_ != nullptr) {
    const ScopeTimer timer(summary().stages.write);
    write_outputs(finished);
  }
  std::string text;
  if (finished.result && finished.result->record.finding) {
    const Finding& finding = *finished.result->record.finding;
    text = short_text(finding);
    if (finding.unfamiliar) ++unfamiliar_;
    if (burned_in(finished.item) == image::BurnedIn::yes) ++burned_in_;
    if (burned_in(finished.item) == image::BurnedIn::possible) ++maybe_burned_in_;
  }
  tally_.add(finished.item, std::move(text));
}

void HighlightWriter::write_outputs(FinishedHighlight& finished) {
  const LoadedItem& item = finished.item;
  if (finished.output_failure) std::rethrow_exception(finished.output_failure);
  if (item.outcome == ItemOutcome::failed) {
    FindingRecord record = begin_record(item);
    output_->files.write_failure(record);
    output_->file.append(record);
  } else if (finished.result) {
    output_->file.append(finished.result->record);
  }
  output_->series.take(item, finished.result ? &*finished.result->record.finding : nullptr);
}

std::vector<std::string> HighlightWriter::notices() const {
  std::vector<std::string> notices;
  if (unfamiliar_ > 0) {
    notices.push_back("unlike what the model was trained on: " + images(unfamiliar_) +
                      "; \"unfamiliar\" in their findings.json");
  }
  if (burned_in_ > 0) {
    notices.push_back("pixels show who the patient is, as the file says (Burned In Annotation): " + images(burned_in_) +
                      "; their overlays do so too");
  }
  if (maybe_burned_in_ > 0) {
    notices.push_back("pixels may show who the patient is, the file does not say: " + images(maybe_burned_in_) +
                      "; look at their overlays before you pass them on");
  }
  return notices;
}

}  // namespace fovea::pipeline
