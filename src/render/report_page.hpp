/// @file The pages of a report as HTML.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "render/colormap.hpp"

namespace fovea::render {

/// One caption of an image on a page.
struct PageCaption {
  std::string text;
  double log_prob = 0;
};

/// One image of a page, as its item file holds it.
struct PageItem {
  std::string id;  ///< hex digits; names the item's files and its place on the page
  std::uint64_t position = 0;
  std::string name;
  int frame = 1;
  int frame_count = 1;
  std::string href;        ///< URL of the photo; empty: none
  std::string error_code;  ///< not empty: the item failed
  std::string error_message;
  int width = 0;  ///< px of the thumbnail
  int height = 0;
  std::vector<PageCaption> captions;       ///< best first
  std::vector<std::string> words;          ///< of the best caption; empty without attention
  std::vector<double> word_probabilities;  ///< 0 to 1, one per word
  int grid_height = 0;
  int grid_width = 0;
  std::string maps;  ///< base64 of words * grid_height * grid_width levels of 0 to 255 (attention_level() times 255)
  std::vector<double> view;  ///< what the maps lie over: x, y, width, height as shares of the photo; empty: all of it

  bool failed() const { return !error_code.empty(); }
};

/// A failed item, for the list on the first page.
struct PageFailure {
  std::string id;
  std::string name;
  int frame = 1;
  int frame_count = 1;
  std::string message;
  int page = 1;  ///< that shows the item
};

/// What the pages of one report have in common.
struct PageFrame {
  std::string title;
  std::string subtitle;
  ColorTable colors{};
  int page_count = 1;
  int page_size = 100;
  std::size_t item_count = 0;           ///< on all pages
  std::vector<PageFailure> failures{};  ///< on all pages
};

/// File name of a page, from 1: "index.html", "page-2.html", ...
std::string page_file_name(int page);

/// The whole page. Everything that comes from outside is escaped.
std::string render_page(const PageFrame& frame, int page, const std::vector<PageItem>& items);

}  // namespace fovea::render
