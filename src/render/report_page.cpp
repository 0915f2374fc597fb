#include "render/report_page.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>

#include "render/attention_overlay.hpp"
#include "render/html.hpp"
#include "render/report_assets.hpp"
#include "text/unicode.hpp"

namespace fovea::render {
namespace {

std::string number(double value, int decimals) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, std::abs(value));
  return (value < 0 ? "\u2212" : "") + std::string(text.data());
}

std::string percent(double probability) { return probability < 0.01 ? "<1%" : number(100 * probability, 0) + "%"; }

/// Digits in groups of three: "12,345".
std::string grouped(std::size_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string counted(std::size_t value, const std::string& one, const std::string& many) {
  return grouped(value) + " " + (value == 1 ? one : many);
}

/// Where each word stands in the caption's text, which may differ in case and has punctuation; nothing when the words
/// are not those of the text one after the other.
std::optional<std::vector<std::pair<std::size_t, std::size_t>>> locate_words(const std::string& caption,
                                                                             const std::vector<std::string>& words) {
  const std::u32string full = text::decode_utf8(caption);
  std::vector<std::pair<std::size_t, std::size_t>> places;  // bytes [begin, end)
  std::size_t at = 0;                                       // characters
  std::size_t byte = 0;
  const auto advance = [&] {
    std::string bytes;
    text::append_utf8(bytes, full[at++]);
    byte += bytes.size();
  };
  for (const std::string& each : words) {
    const std::u32string word = text::decode_utf8(each);
    const auto is_here = [&] {
      return full.size() - at >= word.size() &&
             std::equal(word.begin(), word.end(), full.begin() + static_cast<std::ptrdiff_t>(at),
                        [](char32_t a, char32_t b) { return text::to_lower(a) == text::to_lower(b); });
    };
    while (!is_here()) {
      if (at == full.size() || text::is_letter(full[at]) || text::is_digit(full[at])) {
        return std::nullopt;
      }
      advance();
    }
    const std::size_t begin = byte;
    for (std::size_t i = 0; i < word.size(); ++i) {
      advance();
    }
    places.emplace_back(begin, byte);
  }
  return places;
}

std::string word_button(std::size_t word, std::string_view shown, double probability) {
  const std::string index = std::to_string(word);
  return "<button type=\"button\" data-word=\"" + index + "\" data-chance=\"" + html_escape(percent(probability)) +
         "\" aria-pressed=\"false\" tabindex=\"" + (word == 0 ? "0" : "-1") + "\">" + html_escape(shown) + "</button>";
}

/// The part of the photo that the maps lie over, where it is not all of it.
std::string view_attribute(const PageItem& item) {
  if (item.view.empty()) return "";
  std::string numbers;
  for (const double value : item.view) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.6f", value);
    numbers += (numbers.empty() ? "" : " ") + std::string(text.data());
  }
  return " data-view=\"" + numbers + "\"";
}

/// The best caption; its words are buttons when there are maps to show.
std::string caption_line(const PageItem& item) {
  const std::string text = item.captions.empty() ? "" : item.captions.front().text;
  if (item.maps.empty()) {
    return "<p class=\"caption\">" + html_escape(text) + "</p>\n";
  }
  std::string html = "<p class=\"caption\" role=\"toolbar\" aria-label=\"Words of the caption\" data-grid=\"" +
                     std::to_string(item.grid_height) + " " + std::to_string(item.grid_width) + "\"" +
                     view_attribute(item) + " data-maps=\"" + item.maps + "\">";
  const auto places = locate_words(text, item.words);
  std::size_t at = 0;
  for (std::size_t i = 0; i < item.words.size(); ++i) {
    if (places) {
      const auto [begin, end] = (*places)[i];
      html += html_escape(std::string_view(text).substr(at, begin - at));
      html += word_button(i, std::string_view(text).substr(begin, end - begin), item.word_probabilities[i]);
      at = end;
    } else {
      html += (i == 0 ? "" : " ") + word_button(i, item.words[i], item.word_probabilities[i]);
    }
  }
  return html + (places ? html_escape(std::string_view(text).substr(at)) : "") + "</p>\n";
}

std::string alternatives(const PageItem& item) {
  if (item.captions.size() < 2) {
    return "";
  }
  constexpr std::size_t kShown = 3;  // more are folded away
  std::string list = "<ol>\n";
  for (std::size_t i = 1; i < item.captions.size(); ++i) {
    list += "<li><span>" + html_escape(item.captions[i].text) + "</span> <span class=\"number\">" +
            number(item.captions[i].log_prob, 2) + "</span></li>\n";
  }
  return "<details class=\"alternatives\"" + std::string(item.captions.size() - 1 <= kShown ? " open" : "") +
         "><summary>" + counted(item.captions.size() - 1, "alternative", "alternatives") + "</summary>\n" + list +
         "</ol></details>\n";
}

std::string shown_name(const std::string& name, int frame, int frame_count) {
  return "<bdi>" + html_escape(name) + "</bdi>" + (frame_count > 1 ? ", frame " + std::to_string(frame) : "");
}

std::string card(const PageItem& item) {
  std::string name = shown_name(item.name, item.frame, item.frame_count);
  if (!item.href.empty()) {
    name = "<a href=\"" + html_escape(item.href) + "\">" + name + "</a>";
  }
  const std::string head = "<article class=\"card" + std::string(item.failed() ? " failed" : "") + "\" id=\"i" +
                           html_escape(item.id) + "\">\n";
  if (item.failed()) {
    return head + "<div class=\"text\"><strong>Failed (" + html_escape(item.error_code) +
           ")</strong>\n<p class=\"message\">" + html_escape(item.error_message) + "</p>\n<p class=\"source\"><span>" +
           name + "</span></p></div>\n</article>\n";
  }
  const std::string best = item.captions.empty() ? "" : item.captions.front().text;
  const std::string log_prob = item.captions.empty() ? "" : number(item.captions.front().log_prob, 2);
  return head + "<div class=\"stage\"><div class=\"photo\" style=\"--aspect: " +
         number(static_cast<double>(item.width) / item.height, 4) + "\"><img src=\"thumbnails/" + html_escape(item.id) +
         ".jpg\" width=\"" + std::to_string(item.width) + "\" height=\"" + std::to_string(item.height) +
         "\" loading=\"lazy\" decoding=\"async\" alt=\"" + html_escape(best) +
         "\"></div><p class=\"chip\"></p></div>\n" + "<div class=\"text\">" + caption_line(item) + alternatives(item) +
         "<p class=\"source\"><span>" + name +
         "</span> <span class=\"number\" title=\"Natural logarithm of the caption's probability\">log p " + log_prob +
         "</span></p></div>\n</article>\n";
}

std::string legend(const ColorTable& colors) {
  constexpr int kStops = 32;
  std::string gradient;
  for (int i = 0; i <= kStops; ++i) {
    const cv::Vec3b color = overlay_color(static_cast<float>(i) / kStops, kLegendGray, colors);
    gradient += (i == 0 ? "" : ",") + ("rgb(" + std::to_string(color[0])) + " " + std::to_string(color[1]) + " " +
                std::to_string(color[2]) + ")";
  }
  std::string labels;
  for (int doubling = 0; doubling <= kScaleDoublings; ++doubling) {
    labels += "<b style=\"left: " + std::to_string(100 * doubling / kScaleDoublings) + "%\">" + scale_label(doubling) +
              "</b>";
  }
  return "<div class=\"legend\"><div class=\"note\">Point at a word to see where the model looked, compared with "
         "looking evenly "
         "everywhere</div><div><i style=\"background: linear-gradient(90deg," +
         gradient + ")\"></i><span>" + labels + "</span></div></div>\n";
}

std::string failure_list(const PageFrame& frame) {
  if (frame.failures.empty()) {
    return "";
  }
  std::string list;
  for (const PageFailure& failure : frame.failures) {
    list += "<li><a href=\"" + page_file_name(failure.page) + "#i" + html_escape(failure.id) + "\">" +
            shown_name(failure.name, failure.frame, failure.frame_count) + "</a>: " + html_escape(failure.message) +
            "</li>\n";
  }
  return "<details class=\"failures\"><summary>" + counted(frame.failures.size(), "image", "images") +
         " failed</summary>\n<ul>\n" + list + "</ul></details>\n";
}

/// Links to the first, the last and the nearest pages.
std::string page_links(const PageFrame& frame, int page) {
  if (frame.page_count < 2) {
    return "";
  }
  constexpr int kNear = 2;
  const auto link = [&](int target, const std::string& text, const std::string& more) {
    return "<a href=\"" + page_file_name(target) + "\"" + more + ">" + text + "</a>\n";
  };
  std::string html = "<nav class=\"pages\" aria-label=\"Pages\">\n";
  if (page > 1) {
    html += link(page - 1, "\u2190 Previous", " rel=\"prev\"");
  }
  int last = 0;
  for (int target = 1; target <= frame.page_count; ++target) {
    if (target != 1 && target != frame.page_count && std::abs(target - page) > kNear) {
      continue;
    }
    html += target > last + 1 ? "<span>\u2026</span>\n" : "";
    html += link(target, std::to_string(target), target == page ? " aria-current=\"page\"" : "");
    last = target;
  }
  if (page < frame.page_count) {
    html += link(page + 1, "Next \u2192", " rel=\"next\"");
  }
  return html + "</nav>\n";
}

std::string count_line(const PageFrame& frame, int page, std::size_t shown) {
  const std::size_t first = static_cast<std::size_t>(page - 1) * static_cast<std::size_t>(frame.page_size) + 1;
  if (frame.page_count == 1) {
    return counted(frame.item_count, "image", "images");
  }
  return grouped(first) + "\u2013" + grouped(first + shown - 1) + " of " + counted(frame.item_count, "image", "images");
}

}  // namespace

std::string page_file_name(int page) { return page == 1 ? "index.html" : "page-" + std::to_string(page) + ".html"; }

std::string render_page(const PageFrame& frame, int page, const std::vector<PageItem>& items) {
  const bool has_maps =
      std::any_of(items.begin(), items.end(), [](const PageItem& item) { return !item.maps.empty(); });
  const std::string title = html_escape(frame.title);
  const std::span<const std::uint8_t> colors(frame.colors.front().data(), frame.colors.size() * 3);
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
      title + (page > 1 ? ", page " + std::to_string(page) : "") + "</title>\n<style>" + kReportStyle +
      "</style>\n</head>\n<body data-colors=\"" + base64(colors) + "\" data-opacity=\"" + number(kLowestOpacity, 2) +
      " " + number(kHighestOpacity, 2) + "\">\n<header><h1>" + title + "</h1>\n";
  if (!frame.subtitle.empty()) {
    html += "<p class=\"sub\">" + html_escape(frame.subtitle) + "</p>\n";
  }
  html += (page == 1 ? failure_list(frame) : "") +
          "</header>\n<div class=\"bar\"><div><input type=\"search\" id=\"filter\" placeholder=\"Filter this page\" "
          "aria-label=\"Filter this page\">\n"
          "<span class=\"count\" id=\"count\" aria-live=\"polite\">" +
          count_line(frame, page, items.size()) + "</span>\n" + (has_maps ? legend(frame.colors) : "") +
          "</div></div>\n<main>\n";
  for (const PageItem& item : items) {
    html += card(item);
  }
  html += "<p class=\"empty\"" + std::string(items.empty() ? "" : " hidden") + ">" +
          (items.empty() ? "No image was captioned." : "Nothing on this page matches.") + "</p>\n";
  return html + "</main>\n<footer>" + page_links(frame, page) + "</footer>\n<script>" + kReportScript +
         "</script>\n</body>\n</html>\n";
}

}  // namespace fovea::render
