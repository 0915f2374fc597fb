#include "fovea/run.hpp"

namespace fovea {

std::string_view to_string(ItemOutcome outcome) noexcept {
  switch (outcome) {
    case ItemOutcome::captioned:
      return "captioned";
    case ItemOutcome::highlighted:
      return "highlighted";
    case ItemOutcome::failed:
      return "failed";
    case ItemOutcome::already_done:
      return "already-done";
    case ItemOutcome::already_failed:
      return "already-failed";
    case ItemOutcome::to_caption:
      return "to-caption";
    case ItemOutcome::to_highlight:
      return "to-highlight";
    case ItemOutcome::to_retry:
      return "to-retry";
  }
  return "failed";
}

}  // namespace fovea
