/// @file Frames that go through the network together.
#pragma once

#include <exception>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "fovea/captioner.hpp"
#include "pipeline/input_loader.hpp"
#include "pipeline/run_record.hpp"

namespace fovea::pipeline {

/// An item that is ready to be written.
template <typename Result>
struct FinishedItem {
  LoadedItem item;
  std::optional<Result> result;       ///< there when the item went through the network
  std::exception_ptr output_failure;  ///< why what stands beside its record could not be written; null when it was
};

/// Sends those of `items` through the network that are ready for it, and gives back all in the same order. When the
/// batch as a whole fails, its images go through one by one, so that only those that fail alone become `failed`.
/// @param network makes results of a span of prepared images
template <typename Result, typename Network>
std::vector<FinishedItem<Result>> process_batch(std::vector<LoadedItem> items, const Network& network) {
  std::vector<FinishedItem<Result>> finished;
  finished.reserve(items.size());  // pointers into it stay valid
  std::vector<PreparedImage> images;
  std::vector<FinishedItem<Result>*> places;
  for (LoadedItem& item : items) {
    finished.push_back({std::move(item), std::nullopt, nullptr});
    if (!finished.back().item.is_ready()) continue;
    images.push_back(std::move(finished.back().item.image));
    places.push_back(&finished.back());
  }
  if (images.empty()) return finished;

  const std::span<const PreparedImage> all(images);
  try {
    std::vector<Result> results = network(all);
    for (std::size_t i = 0; i < places.size(); ++i) places[i]->result = std::move(results.at(i));
  } catch (const std::exception&) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      try {
        places[i]->result = std::move(network(all.subspan(i, 1)).at(0));
      } catch (const std::exception&) {
        places[i]->item.error = current_error();
        places[i]->item.outcome = ItemOutcome::failed;
      }
    }
  }
  for (std::size_t i = 0; i < places.size(); ++i) places[i]->item.image.geometry = images[i].geometry;
  return finished;
}

}  // namespace fovea::pipeline
