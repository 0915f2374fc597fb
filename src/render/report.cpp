#include "render/report.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include "fovea/loader.hpp"
#include "image/input_view.hpp"
#include "io/file.hpp"
#include "io/image_writer.hpp"
#include "render/attention_overlay.hpp"
#include "render/canvas.hpp"
#include "render/colormap.hpp"
#include "render/html.hpp"
#include "render/report_item.hpp"
#include "render/report_page.hpp"

namespace fovea::render {
namespace fs = std::filesystem;
namespace {

constexpr int kThumbnailQuality = 82;

void write_text(const fs::path& path, const std::string& text) { io::write_file(path, std::as_bytes(std::span(text))); }

std::string read_text(const fs::path& path) {
  const Bytes bytes = read_bytes(path);
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

fs::path item_path(const fs::path& folder, const std::string& id) { return folder / "items" / (id + ".json"); }
fs::path thumbnail_path(const fs::path& folder, const std::string& id) { return folder / "thumbnails" / (id + ".jpg"); }

PageItem begin_item(const ReportItem& from, const fs::path& folder) {
  PageItem item;
  item.id = item_id(from.name, from.frame);
  item.position = from.position;
  item.name = from.name;
  item.frame = from.frame;
  item.frame_count = from.frame_count;
  if (!from.source.empty()) {
    // A link is relative to the page, so that photos and report can move together.
    item.href = url_path(fs::weakly_canonical(from.source).lexically_proximate(fs::weakly_canonical(folder)));
  }
  return item;
}

/// Levels of all words of a caption, 8 bits a cell, as the script of the page reads them.
std::string encode_maps(const AttentionMaps& maps) {
  std::vector<std::uint8_t> bytes;
  for (int word = 0; word < maps.words; ++word) {
    for (const float weight : maps.word_map(word)) {
      bytes.push_back(
          static_cast<std::uint8_t>(std::lround(255 * attention_level(weight, maps.grid_height * maps.grid_width))));
    }
  }
  return base64(bytes);
}

/// A view as shares of the photo's sides; nothing where it is all of it.
std::vector<double> shares_of(const InputView& view, const Image& photo) {
  const Geometry full = image::full_geometry(photo);
  if (image::shows_all(view, full.width, full.height)) return {};
  const InputView shares = image::scaled(view, full.width, full.height, 1, 1);
  return {shares.x, shares.y, shares.width, shares.height};
}

Image thumbnail(const Image& photo, int side) {
  const cv::Mat3b full = view(photo);
  return to_image(scaled(full, fit(full.size(), std::min(side, std::max(photo.width, photo.height)))));
}

/// Calls visit(path) for each file of a folder whose name an item's file has.
template <typename Visit>
void for_each_item_file(const fs::path& folder, Visit visit) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (is_item_id(entry.path().stem().string()) && entry.is_regular_file()) {
      visit(entry.path());
    }
  }
}

/// Place of an item in the report.
struct Place {
  std::uint64_t position = 0;
  std::string name;
  int frame = 1;
  std::string id;

  bool operator<(const Place& other) const {
    return std::tie(position, name, frame, id) < std::tie(other.position, other.name, other.frame, other.id);
  }
};

PageItem read_item(const fs::path& path) { return item_from_json(read_text(path), path.string()); }

}  // namespace

ReportWriter::ReportWriter(fs::path folder, ReportOptions options)
    : folder_(std::move(folder)), options_(std::move(options)) {
  color_table(options_.colormap);
  if (options_.page_size < 1 || options_.thumbnail_side < 1) {
    throw Error(ErrorCode::usage, "a report's page size (" + std::to_string(options_.page_size) +
                                      ") and thumbnail side (" + std::to_string(options_.thumbnail_side) +
                                      ") must be at least 1");
  }
  for (const char* part : {"items", "thumbnails"}) io::make_folder(folder_ / part);
}

void ReportWriter::clear() {
  std::vector<fs::path> old;
  for (const char* part : {"items", "thumbnails"}) {
    for_each_item_file(folder_ / part, [&](const fs::path& path) { old.push_back(path); });
  }
  for (const fs::path& path : old) {
    fs::remove(path);
  }
}

void ReportWriter::add(const ReportItem& from, const Image& photo, const Caption& captions) const {
  PageItem item = begin_item(from, folder_);
  for (const Hypothesis& hypothesis : captions.hypotheses) {
    item.captions.push_back({hypothesis.text, hypothesis.log_prob});
  }
  if (captions.hypotheses.empty()) {
    throw Error(ErrorCode::internal, from.name + " was added to the report without a caption");
  }
  const Hypothesis& best = captions.hypotheses.front();
  if (!best.attention.weights.empty()) {
    check_attention(best);
    item.words = best.words;
    std::transform(best.word_log_probs.begin(), best.word_log_probs.end(), std::back_inserter(item.word_probabilities),
                   [](float log_prob) { return std::exp(static_cast<double>(log_prob)); });
    item.grid_height = best.attention.grid_height;
    item.grid_width = best.attention.grid_width;
    item.maps = encode_maps(best.attention);
    item.view = shares_of(best.attention.view, photo);
  }
  const Image small = thumbnail(photo, options_.thumbnail_side);
  item.width = small.width;
  item.height = small.height;
  // The item comes last: where it is, its thumbnail is.
  io::write_jpeg(thumbnail_path(folder_, item.id), small, kThumbnailQuality);
  write_text(item_path(folder_, item.id), item_to_json(item));
}

bool ReportWriter::contains(const std::string& name, int frame) const {
  std::error_code error;
  return fs::exists(item_path(folder_, item_id(name, frame)), error);
}

void ReportWriter::add_failure(const ReportItem& from) const {
  PageItem item = begin_item(from, folder_);
  item.error_code = from.error_code.empty() ? std::string(to_string(ErrorCode::internal)) : from.error_code;
  item.error_message = from.error_message;
  write_text(item_path(folder_, item.id), item_to_json(item));
  std::error_code ignored;  // there is none unless an earlier run captioned the image
  fs::remove(thumbnail_path(folder_, item.id), ignored);
}

void ReportWriter::finish() {
  // Two passes over the item files, so that only names are in memory together.
  std::vector<Place> places;
  std::vector<std::pair<Place, PageFailure>> failures;
  for_each_item_file(folder_ / "items", [&](const fs::path& path) {
    PageItem item = read_item(path);
    const Place place{item.position, item.name, item.frame, path.stem().string()};
    places.push_back(place);
    if (item.failed()) {
      failures.push_back({place, {place.id, item.name, item.frame, item.frame_count, item.error_message, 1}});
    }
  });
  std::sort(places.begin(), places.end());
  std::sort(failures.begin(), failures.end(), [](const auto& a, const auto& b) { return a.first < b.first; });

  const auto page_size = static_cast<std::size_t>(options_.page_size);
  PageFrame frame{options_.title, options_.subtitle, color_table(options_.colormap)};
  frame.page_size = options_.page_size;
  frame.item_count = places.size();
  frame.page_count = static_cast<int>(std::max<std::size_t>(1, (places.size() + page_size - 1) / page_size));
  for (auto& [place, failure] : failures) {
    const auto at = std::lower_bound(places.begin(), places.end(), place) - places.begin();
    failure.page = static_cast<int>(static_cast<std::size_t>(at) / page_size) + 1;
    frame.failures.push_back(std::move(failure));
  }
  // The first page last: it links to all others.
  for (int page = frame.page_count; page >= 1; --page) {
    const std::size_t first = static_cast<std::size_t>(page - 1) * page_size;
    const std::size_t end = std::min(places.size(), first + page_size);
    std::vector<PageItem> items;
    for (std::size_t i = first; i < end; ++i) {
      items.push_back(read_item(item_path(folder_, places[i].id)));
    }
    write_text(folder_ / page_file_name(page), render_page(frame, page, items));
  }
  for (int page = frame.page_count + 1; fs::remove(folder_ / page_file_name(page)); ++page) {
  }
}

}  // namespace fovea::render
