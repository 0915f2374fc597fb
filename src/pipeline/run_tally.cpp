#include "pipeline/run_tally.hpp"

#include <utility>

#include "pipeline/path_text.hpp"

namespace fovea::pipeline {

RunTally::RunTally(const InputList& inputs, const RunObserver& observer) : inputs_(inputs), observer_(observer) {
  summary_.not_images = inputs.not_images();
  summary_.repeated = inputs.repeated();
}

void RunTally::add(const LoadedItem& item, std::string text) {
  count(item.outcome);
  if (observer_.item) {
    if (item.error) text = escape_message(item.error->message);
    observer_.item({.input = item.name, .frame = item.frame, .outcome = item.outcome, .text = std::move(text)});
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

void RunTally::count(ItemOutcome outcome) {
  switch (outcome) {
    case ItemOutcome::captioned:
    case ItemOutcome::highlighted:
    case ItemOutcome::to_caption:
    case ItemOutcome::to_highlight:
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

}  // namespace fovea::pipeline
