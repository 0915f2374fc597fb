#include "render/report_item.hpp"

#include <algorithm>
#include <span>

#include <nlohmann/json.hpp>

#include "fovea/error.hpp"
#include "io/sha256.hpp"

namespace fovea::render {

using nlohmann::json;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PageCaption, text, log_prob)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PageItem, id, position, name, frame, frame_count, href, error_code, error_message,
                                   width, height, captions, words, word_probabilities, grid_height, grid_width, maps,
                                   view)

namespace {

constexpr std::size_t kIdDigits = 16;

/// What the pages rely on.
bool is_sound(const PageItem& item) {
  constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
  return is_item_id(item.id) && item.word_probabilities.size() == item.words.size() &&
         item.maps.find_first_not_of(kBase64) == std::string::npos && (item.view.empty() || item.view.size() == 4) &&
         (item.failed() || (item.width > 0 && item.height > 0 && !item.captions.empty()));
}

}  // namespace

std::string item_id(const std::string& name, int frame) {
  const std::string identity = name + '\0' + std::to_string(frame);
  return io::sha256_hex(std::as_bytes(std::span(identity))).substr(0, kIdDigits);
}

bool is_item_id(std::string_view stem) noexcept {
  return stem.size() == kIdDigits && stem.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string item_to_json(const PageItem& item) {
  json fields(item);
  if (item.view.empty()) fields.erase("view");
  return fields.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

PageItem item_from_json(std::string_view text, const std::string& file) {
  const std::string advice = "; delete it and caption its image again, or start the report over";
  try {
    json fields = json::parse(text);
    if (fields.is_object() && !fields.contains("view")) fields["view"] = json::array();
    const auto item = fields.get<PageItem>();
    if (!is_sound(item)) {
      throw Error(ErrorCode::corrupt, file + " is not an item of a report" + advice);
    }
    return item;
  } catch (const json::exception& error) {
    throw Error(ErrorCode::corrupt, file + " is not an item of a report: " + error.what() + advice);
  }
}

}  // namespace fovea::render
