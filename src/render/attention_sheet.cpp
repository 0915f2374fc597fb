#include "render/attention_sheet.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <sstream>
#include <vector>

#include "fovea/error.hpp"
#include "render/attention_overlay.hpp"
#include "render/canvas.hpp"
#include "render/font.hpp"

namespace fovea::render {
namespace {

constexpr int kMargin = 28;
constexpr int kGap = 20;               // between panels
constexpr int kMinCellWidth = 132;     // room for a word and its probability under a narrow photo
constexpr int kMinContentWidth = 440;  // room for the legend
constexpr int kMinShortSide = 96;      // of a panel, for photos of extreme aspect
constexpr int kHeadPanelSide = 112;
constexpr double kSheetAspect = 1.6;       // that the number of columns aims at
constexpr std::uint8_t kLegendGray = 140;  // the legend shows the colours as they are over a photo of medium brightness

const cv::Vec3b kInk(33, 37, 41);
const cv::Vec3b kFaint(108, 117, 125);

std::vector<std::string> wrapped(const Font& font, const std::string& text, int max_width) {
  std::vector<std::string> lines;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    word = font.shortened(word, max_width);
    if (!lines.empty() && font.width(lines.back() + " " + word) <= max_width) {
      lines.back() += " " + word;
    } else {
      lines.push_back(word);
    }
  }
  return lines;
}

/// Draws lines below each other, the first one's top at `corner`.
void draw_lines(cv::Mat3b& picture, const Font& font, const std::vector<std::string>& lines, cv::Point corner,
                const cv::Vec3b& color) {
  for (const std::string& line : lines) {
    font.draw(picture, line, corner + cv::Point(0, font.ascent()), color);
    corner.y += font.line_height();
  }
}

/// Size of a photo's panel: its longer side is `side`; a very long photo gets up to twice that to stay visible.
cv::Size panel_size(const Image& photo, int side) {
  const cv::Size full(photo.width, photo.height);
  const cv::Size panel = fit(full, side);
  const double short_side = std::min(panel.width, panel.height);
  return fit(full, static_cast<int>(std::lround(side * std::clamp(kMinShortSide / short_side, 1.0, 2.0))));
}

/// The scale's colours, its numbers and what they mean.
class Legend {
 public:
  Legend(const ColorTable& colors, int width) : colors_(colors), note_(wrapped(font_, kNote, width)) {}

  int height() const {
    return kBarHeight + 8 + font_.line_height() + 8 + static_cast<int>(note_.size()) * font_.line_height();
  }

  void draw(cv::Mat3b& picture, cv::Point corner) const {
    for (int x = 0; x < kBarWidth; ++x) {
      const cv::Vec3b color = overlay_color(static_cast<float>(x) / (kBarWidth - 1), kLegendGray, colors_);
      picture(cv::Rect(corner.x + x, corner.y, 1, kBarHeight)).setTo(color);
    }
    for (int doubling = 0; doubling <= kScaleDoublings; ++doubling) {
      const std::string sign = doubling == 0 ? "\u2264" : doubling == kScaleDoublings ? "\u2265" : "";
      const std::string label = sign + std::to_string(1 << doubling) + "\u00D7";
      const int x = kBarWidth * doubling / kScaleDoublings;
      const int shift = doubling == 0 ? 0 : doubling == kScaleDoublings ? font_.width(label) : font_.width(label) / 2;
      font_.draw(picture, label, {corner.x + x - shift, corner.y + kBarHeight + 6 + font_.ascent()}, kInk);
    }
    draw_lines(picture, font_, note_, {corner.x, corner.y + kBarHeight + 8 + font_.line_height() + 8}, kFaint);
  }

 private:
  static constexpr int kBarWidth = 360;
  static constexpr int kBarHeight = 14;
  static constexpr const char* kNote =
      "Attention on each spot, compared with attention spread evenly over the photo. The scale is the same on every "
      "sheet. Percentages: probability of the word.";

  ColorTable colors_;
  Font font_{14};
  std::vector<std::string> note_;
};

/// A sheet without its panels: title above, legend below, white between.
struct Sheet {
  cv::Mat3b picture;
  cv::Point panels;  ///< top left corner of the place for panels
};

Sheet make_sheet(const std::string& title, const ColorTable& colors, cv::Size panels) {
  const int width = std::max(panels.width, kMinContentWidth);
  const Font font(26, FontWeight::bold);
  const std::vector<std::string> lines = wrapped(font, title, width);
  const Legend legend(colors, width);
  const int title_height = static_cast<int>(lines.size()) * font.line_height() + (lines.empty() ? 0 : kGap);
  const int height = kMargin + title_height + panels.height + kGap + legend.height() + kMargin;
  Sheet sheet{cv::Mat3b(height, width + 2 * kMargin, cv::Vec3b::all(255)), {kMargin, kMargin + title_height}};
  draw_lines(sheet.picture, font, lines, {kMargin, kMargin}, kInk);
  legend.draw(sheet.picture, {kMargin, sheet.panels.y + panels.height + kGap});
  return sheet;
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
  const cv::Mat3b panel = scaled(view(photo), panel_size(photo, options.panel_side));
  const Font word_font(17, FontWeight::bold);
  const Font number_font(14);
  const cv::Size cell(std::max(panel.cols, kMinCellWidth), panel.rows + 8 + word_font.line_height());
  const int count = maps.words + 1;
  const int columns = choose_columns(count, cell);
  const int rows = (count + columns - 1) / columns;
  const Sheet sheet =
      make_sheet(caption.text, colors, {columns * (cell.width + kGap) - kGap, rows * (cell.height + kGap) - kGap});
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
    const cv::Mat1f levels = attention_levels(mean_word_map(maps, word), maps.grid_height, maps.grid_width);
    overlay_attention(panel, levels, colors).copyTo(place);
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
  const cv::Mat3b panel = scaled(view(photo), panel_size(photo, std::min(options.panel_side, kHeadPanelSide)));
  const Font font(13);
  const Font bold(13, FontWeight::bold);
  constexpr int kHeadGap = 6;
  const int label_width = font.width("layer 00 head 00") + 12;
  const cv::Size step(panel.cols + kHeadGap, panel.rows + kHeadGap);
  const int rows = maps.layers * maps.heads;
  const int head_height = bold.line_height() + kHeadGap;
  const Sheet sheet =
      make_sheet(caption.text, colors, {label_width + maps.words * step.width, head_height + rows * step.height});
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
      overlay_attention(panel, levels, colors).copyTo(place);
    }
  }
  return to_image(picture);
}

}  // namespace fovea::render
