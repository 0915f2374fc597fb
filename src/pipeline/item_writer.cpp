#include "pipeline/item_writer.hpp"

#include <utility>

#include "pipeline/stopwatch.hpp"

namespace fovea::pipeline {

ItemWriter::ItemWriter(RecordFile* file, SideOutputs* side, RunOrigin origin, const InputList& inputs,
                       const RunObserver& observer)
    : file_(file), side_(side), origin_(std::move(origin)), tally_(inputs, observer) {}

void ItemWriter::write(const FinishedCaption& finished) {
  if (file_ != nullptr) {
    const ScopeTimer timer(summary().stages.write);
    write_outputs(finished);
  }
  tally_.add(finished.item, finished.result ? finished.result->hypotheses.front().text : "");
}

void ItemWriter::write_outputs(const FinishedCaption& finished) {
  const LoadedItem& item = finished.item;
  if (item.outcome == ItemOutcome::already_done || item.outcome == ItemOutcome::already_failed) {
    side_->complete_earlier(item, [&] {
      if (!reader_) reader_.emplace(file_->path());
      return reader_->read(item.existing->offset);
    });
    return;
  }
  if (finished.output_failure) std::rethrow_exception(finished.output_failure);
  if (!finished.result) side_->write_failure(item);
  // An item that only lacked its pictures has its record.
  if (!item.existing || !item.existing->ok) file_->append(make_record(finished));
}

CaptionRecord ItemWriter::make_record(const FinishedCaption& finished) const {
  const LoadedItem& item = finished.item;
  CaptionRecord record;
  origin_.stamp(record, item);
  if (item.error) return record;
  const std::vector<Hypothesis>& hypotheses = finished.result->hypotheses;
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

}  // namespace fovea::pipeline
