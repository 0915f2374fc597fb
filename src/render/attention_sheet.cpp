#include "render/attention_sheet.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "fovea/error.hpp"
#include "image/input_view.hpp"
#include "render/attention_overlay.hpp"
#include "render/canvas.hpp"
#include "render/font.hpp"
#include "render/sheet_frame.hpp"

namespace fovea::render {
namespace {

constexpr int kGap = 20;            // between panels
constexpr int kMinCellWidth = 132;  // room for a word and its probability under a narrow photo
constexpr int kMinShortSide = 96;   // of a panel, for photos of extreme aspect
constexpr int kHeadPanelSide = 112;
constexpr double kSheetAspect = 1.6;  // that the number of columns aims at

/// Size of a photo's panel: its longer side is `side`; a very long photo gets up to twice that to stay visible.
cv::Size panel_size(const Image& photo, int side) {
  const cv::Size full(photo.width, photo.height);
  const cv::Size panel = fit(full, side);
  const double short_side = std::min(panel.width, panel.height);
  return fit(full, static_cast<int>(std::lround(side * std::clamp(kMinShortSide / short_side, 1.0, 2.0))));
}

/// Number of columns that brings `count` cells closest to the aspect of a sheet and leaves few places empty.
int choose_columns(int count, cv::Size cell) {
  int best = 1;
  double best_cost = INFINITY;
  for (int columns = 1; columns <= count; ++columns) {
    const int rows = (count + columns - 1) / columns;
    const double aspect = static_cast<double>(columns * cell.width) / (rows * cell.height);
    const double empty = static_cast<double>(rows * columns - count) / count;
    const double cost = std::abs(std::log(aspect / kSheetAspect)) + empty;
    if (cost < best_cost) {
      best = columns;
      best_cost = cost;
    }
  }
  return best;
}

std::string percent(float log_prob) {
  const double value = 100 * std::exp(static_cast<double>(log_prob));
  return value < 1 ? "<1%" : std::to_string(std::lround(value)) + "%";
}

/// The part of a panel that the model saw.
InputView view_on(const cv::Mat3b& panel, const Image& photo, const AttentionMaps& maps) {
  const Geometry full = image::full_geometry(photo);
  return image::scaled(maps.view, full.width, full.height, panel.cols, panel.rows);
}

void check_caption(const Hypothesis& caption) {
  if (caption.attention.weights.empty()) {
    throw Error(ErrorCode::usage, "the caption has no attention maps: set CaptionOptions::attention");
  }
  check_attention(caption);
}

}  // namespace

Image render_attention_sheet(const Image& photo, const Hypothesis& caption, const AttentionSheetOptions& options) {
  check_caption(caption);
  const ColorTable colors = color_table(options.colormap);
  const AttentionMaps& maps = caption.attention;
  const cv::Mat3b panel = scaled(render::view(photo), panel_size(photo, options.panel_side));
  const InputView view = view_on(panel, photo, maps);
  const Font word_font(17, FontWeight::bold);
  const Font number_font(14);
  const cv::Size cell(std::max(panel.cols, kMinCellWidth), panel.rows + 8 + word_font.line_height());
  const int count = maps.words + 1;
  const int columns = choose_columns(count, cell);
  const int rows = (count + columns - 1) / columns;
  const SheetFrame sheet = make_sheet_frame(caption.text, "Percentages: probability of the word.", colors,
                                            {columns * (cell.width + kGap) - kGap, rows * (cell.height + kGap) - kGap});
  cv::Mat3b picture = sheet.picture;
  for (int i = 0; i < count; ++i) {
    const cv::Point corner =
        sheet.panels + cv::Point(i % columns * (cell.width + kGap), i / columns * (cell.height + kGap));
    cv::Mat3b place = picture(cv::Rect(corner, panel.size()));
    if (i == 0) {
      panel.copyTo(place);
      continue;
    }
    const int word = i - 1;
    const cv::Mat1f levels = attention_levels(maps.word_map(word), maps.grid_height, maps.grid_width);
    overlay_attention(panel, levels, colors, view).copyTo(place);
    const std::string chance = percent(caption.word_log_probs[static_cast<std::size_t>(word)]);
    const int chance_width = number_font.width(chance);
    const int baseline = corner.y + panel.rows + 8 + word_font.ascent();
    const int label_width = cell.width - chance_width - 10;
    word_font.draw(picture, word_font.shortened(caption.words[static_cast<std::size_t>(word)], label_width),
                   {corner.x, baseline}, kInk);
    number_font.draw(picture, chance, {corner.x + cell.width - chance_width, baseline}, kFaint);
  }
  return to_image(picture);
}

Image render_attention_heads(const Image& photo, const Hypothesis& caption, const AttentionSheetOptions& options) {
  check_caption(caption);
  const ColorTable colors = color_table(options.colormap);
  const AttentionMaps& maps = caption.attention;
  const cv::Mat3b panel = scaled(render::view(photo), panel_size(photo, std::min(options.panel_side, kHeadPanelSide)));
  const InputView view = view_on(panel, photo, maps);
  const Font font(13);
  const Font bold(13, FontWeight::bold);
  constexpr int kHeadGap = 6;
  const int label_width = font.width("layer 00 head 00") + 12;
  const cv::Size step(panel.cols + kHeadGap, panel.rows + kHeadGap);
  const int rows = maps.layers * maps.heads;
  const int head_height = bold.line_height() + kHeadGap;
  const SheetFrame sheet = make_sheet_frame(caption.text, "", colors,
                                            {label_width + maps.words * step.width, head_height + rows * step.height});
  cv::Mat3b picture = sheet.picture;
  const cv::Point first = sheet.panels + cv::Point(label_width, head_height);
  for (int word = 0; word < maps.words; ++word) {
    bold.draw(picture, bold.shortened(caption.words[static_cast<std::size_t>(word)], panel.cols),
              {first.x + word * step.width, sheet.panels.y + bold.ascent()}, kInk);
  }
  const std::size_t cells = static_cast<std::size_t>(maps.grid_height) * static_cast<std::size_t>(maps.grid_width);
  std::span<const float> rest = maps.weights;
  for (int row = 0; row < rows; ++row) {
    const std::string label =
        "layer " + std::to_string(row / maps.heads + 1) + " head " + std::to_string(row % maps.heads + 1);
    const int top = first.y + row * step.height;
    font.draw(picture, label, {sheet.panels.x, top + (panel.rows + font.ascent()) / 2}, kFaint);
    for (int word = 0; word < maps.words; ++word) {
      const cv::Mat1f levels = attention_levels(rest.first(cells), maps.grid_height, maps.grid_width);
      rest = rest.subspan(cells);
      cv::Mat3b place = picture(cv::Rect({first.x + word * step.width, top}, panel.size()));
      overlay_attention(panel, levels, colors, view).copyTo(place);
    }
  }
  return to_image(picture);
}

}  // namespace fovea::render
