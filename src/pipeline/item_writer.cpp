#include "pipeline/item_writer.hpp"

#include <utility>

#include "fovea/version.hpp"
#include "pipeline/path_text.hpp"

namespace fovea::pipeline {

ItemWriter::ItemWriter(RecordFile* file, SideOutputs* side, const ModelInfo& model, std::string options_sha256,
                       const InputList& inputs, const RunObserver& observer)
    : file_(file),
      side_(side),
      model_(model),
      options_sha256_(std::move(options_sha256)),
      inputs_(inputs),
      observer_(observer) {
  summary_.not_images = inputs.not_images();
  summary_.repeated = inputs.repeated();
}

void ItemWriter::write(const FinishedItem& finished) {
  if (file_ != nullptr) {
    const ScopeTimer timer(summary_.stages.write);
    write_outputs(finished);
  }
  count(finished.item.outcome);
  tell(finished);
}

void ItemWriter::write_outputs(const FinishedItem& finished) {
  const LoadedItem& item = finished.item;
  if (item.outcome == ItemOutcome::already_done || item.outcome == ItemOutcome::already_failed) {
    side_->complete_earlier(item, [&] {
      if (!reader_) reader_.emplace(file_->path());
      return reader_->read(item.existing->offset);
    });
    return;
  }
  if (finished.output_failure) std::rethrow_exception(finished.output_failure);
  if (!finished.caption) side_->write_failure(item);
  // An item that only lacked its pictures has its record.
  if (!item.existing || !item.existing->ok) file_->append(make_record(finished));
}

CaptionRecord ItemWriter::make_record(const FinishedItem& finished) const {
  const LoadedItem& item = finished.item;
  CaptionRecord record;
  record.version = kVersion;
  record.input = item.name;
  record.frame = item.frame;
  record.input_sha256 = item.input_sha256;
  record.model = model_.id;
  record.model_sha256 = model_.sha256;
  record.options_sha256 = options_sha256_;
  if (item.error) {
    record.error = RecordError{item.error->code, escape_message(item.error->message)};
    return record;
  }
  const std::vector<Hypothesis>& hypotheses = finished.caption->hypotheses;
  record.caption = hypotheses.front().text;
  record.log_prob = hypotheses.front().log_prob;
  for (std::size_t i = 1; i < hypotheses.size(); ++i) {
    record.alternatives.push_back({hypotheses[i].text, hypotheses[i].log_prob});
  }
  record.width = item.image.geometry.width;
  record.height = item.image.geometry.height;
  record.orientation = item.image.geometry.exif_orientation;
  return record;
}

void ItemWriter::count(ItemOutcome outcome) {
  switch (outcome) {
    case ItemOutcome::captioned:
    case ItemOutcome::to_caption:
    case ItemOutcome::to_retry:
      ++summary_.done;
      break;
    case ItemOutcome::failed:
      ++summary_.failed;
      break;
    case ItemOutcome::already_failed:
      ++summary_.skipped_failed;
      [[fallthrough]];
    case ItemOutcome::already_done:
      ++summary_.skipped;
      break;
  }
}

void ItemWriter::tell(const FinishedItem& finished) {
  const LoadedItem& item = finished.item;
  if (observer_.item) {
    ItemEvent event{.input = item.name, .frame = item.frame, .outcome = item.outcome, .text = ""};
    if (finished.caption) event.text = finished.caption->hypotheses.front().text;
    if (item.error) event.text = escape_message(item.error->message);
    observer_.item(event);
  }
  if (observer_.progress) {
    observer_.progress({.inputs = inputs_.size(),
                        .inputs_finished = item.input + (item.frame == item.frame_count ? 1 : 0),
                        .done = summary_.done,
                        .failed = summary_.failed,
                        .skipped = summary_.skipped,
                        .seconds = watch_.seconds()});
  }
}

}  // namespace fovea::pipeline
