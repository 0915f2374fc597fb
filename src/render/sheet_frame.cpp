#include "render/sheet_frame.hpp"

#include <algorithm>
#include <sstream>
#include <vector>

#include "render/attention_overlay.hpp"
#include "render/canvas.hpp"
#include "render/font.hpp"

namespace fovea::render {
namespace {

constexpr int kMargin = 28;
constexpr int kGap = 20;  // below the title
constexpr int kLegendGap = 30;
constexpr int kMinContentWidth = 440;  // room for the legend

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

/// The scale's colours, its numbers and what they mean.
class Legend {
 public:
  Legend(const ColorTable& colors, const std::string& note, int width)
      : colors_(colors), note_(wrapped(font_, kMeaning + note, width)) {}

  int height() const {
    return kBarHeight + 8 + font_.line_height() + 8 + static_cast<int>(note_.size()) * font_.line_height();
  }

  void draw(cv::Mat3b& picture, cv::Point corner) const {
    for (int x = 0; x < kBarWidth; ++x) {
      const cv::Vec3b color = overlay_color(static_cast<float>(x) / (kBarWidth - 1), kLegendGray, colors_);
      picture(cv::Rect(corner.x + x, corner.y, 1, kBarHeight)).setTo(color);
    }
    for (int doubling = 0; doubling <= kScaleDoublings; ++doubling) {
      const std::string label = scale_label(doubling);
      const int x = kBarWidth * doubling / kScaleDoublings;
      const int shift = doubling == 0 ? 0 : doubling == kScaleDoublings ? font_.width(label) : font_.width(label) / 2;
      font_.draw(picture, label, {corner.x + x - shift, corner.y + kBarHeight + 6 + font_.ascent()}, kInk);
    }
    draw_lines(picture, font_, note_, {corner.x, corner.y + kBarHeight + 8 + font_.line_height() + 8}, kFaint);
  }

 private:
  static constexpr int kBarWidth = 360;
  static constexpr int kBarHeight = 14;
  inline static const std::string kMeaning =
      "Attention on each spot, compared with attention spread evenly over the image. The scale is the same on every "
      "sheet. ";

  ColorTable colors_;
  Font font_{14};
  std::vector<std::string> note_;
};

}  // namespace

SheetFrame make_sheet_frame(const std::string& title, const std::string& note, const ColorTable& colors,
                            cv::Size panels) {
  const int width = std::max(panels.width, kMinContentWidth);
  const Font font(26, FontWeight::bold);
  const std::vector<std::string> lines = wrapped(font, title, width);
  const Legend legend(colors, note, width);
  const int title_height = static_cast<int>(lines.size()) * font.line_height() + (lines.empty() ? 0 : kGap);
  const int height = kMargin + title_height + panels.height + kLegendGap + legend.height() + kMargin;
  SheetFrame sheet{cv::Mat3b(height, width + 2 * kMargin, cv::Vec3b::all(255)), {kMargin, kMargin + title_height}};
  draw_lines(sheet.picture, font, lines, {kMargin, kMargin}, kInk);
  legend.draw(sheet.picture, {kMargin, sheet.panels.y + panels.height + kLegendGap});
  return sheet;
}

}  // namespace fovea::render
