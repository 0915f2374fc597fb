#include "metrics/components.hpp"

#include <algorithm>
#include <cstddef>

#include "metrics/checks.hpp"

namespace fovea::metrics {
namespace {

/// Gives every pixel that is connected with `first` the number `label`, and returns how many there are.
std::int64_t fill(std::span<const std::uint8_t> mask, int width, int height, std::size_t first, std::int32_t label,
                  std::vector<std::int32_t>& labels, std::vector<std::size_t>& pending) {
  std::int64_t area = 0;
  labels[first] = label;
  pending.assign(1, first);
  while (!pending.empty()) {
    const std::size_t at = pending.back();
    pending.pop_back();
    ++area;
    const int x = static_cast<int>(at % static_cast<std::size_t>(width));
    const int y = static_cast<int>(at / static_cast<std::size_t>(width));
    for (int near_y = std::max(y - 1, 0); near_y <= std::min(y + 1, height - 1); ++near_y) {
      for (int near_x = std::max(x - 1, 0); near_x <= std::min(x + 1, width - 1); ++near_x) {
        const std::size_t near =
            static_cast<std::size_t>(near_y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(near_x);
        if (mask[near] == 0 || labels[near] != 0) continue;
        labels[near] = label;
        pending.push_back(near);
      }
    }
  }
  return area;
}

}  // namespace

Components find_components(std::span<const std::uint8_t> mask, int width, int height) {
  require_size("the mask", mask.size(), width, height);
  Components found{.labels = std::vector<std::int32_t>(mask.size(), 0), .areas = {}};
  std::vector<std::size_t> pending;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == 0 || found.labels[i] != 0) continue;
    const auto label = static_cast<std::int32_t>(found.areas.size() + 1);
    found.areas.push_back(fill(mask, width, height, i, label, found.labels, pending));
  }
  return found;
}

}  // namespace fovea::metrics
