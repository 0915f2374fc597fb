#include "pipeline/caption_batch.hpp"

#include <exception>
#include <span>
#include <string>
#include <utility>

#include "fovea/error.hpp"

namespace fovea::pipeline {
namespace {

std::vector<Caption> caption_one_by_one(const Captioner& captioner, const std::vector<PreparedImage>& images,
                                        const std::vector<FinishedItem*>& places) {
  std::vector<Caption> captions(images.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    LoadedItem& item = places[i]->item;
    try {
      captions[i] = std::move(captioner.caption(std::span(images).subspan(i, 1)).front());
    } catch (const Error& e) {
      item.error = RecordError{std::string(to_string(e.code())), e.what()};
    } catch (const std::exception& e) {
      item.error = RecordError{std::string(to_string(ErrorCode::internal)), e.what()};
    }
    if (item.error) item.outcome = ItemOutcome::failed;
  }
  return captions;
}

}  // namespace

std::vector<FinishedItem> caption_batch(const Captioner& captioner, std::vector<LoadedItem> items,
                                        CaptionSeconds& seconds) {
  std::vector<FinishedItem> finished;
  finished.reserve(items.size());  // pointers into it stay valid
  std::vector<PreparedImage> images;
  std::vector<FinishedItem*> places;
  for (LoadedItem& item : items) {
    finished.push_back({std::move(item), std::nullopt, nullptr});
    if (finished.back().item.outcome != ItemOutcome::captioned) continue;
    images.push_back(std::move(finished.back().item.image));
    places.push_back(&finished.back());
  }
  if (images.empty()) return finished;

  std::vector<Caption> captions;
  try {
    captions = captioner.caption(images, &seconds);
  } catch (const std::exception&) {
    captions = caption_one_by_one(captioner, images, places);
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    LoadedItem& item = places[i]->item;
    item.image.geometry = images[i].geometry;
    if (item.outcome == ItemOutcome::captioned) places[i]->caption = std::move(captions[i]);
  }
  return finished;
}

}  // namespace fovea::pipeline
