/// @file Text on pictures.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <opencv2/core.hpp>

namespace fovea::render {

enum class FontWeight { regular, bold };

/// DejaVu Sans at one size, drawn with FreeType. The font is part of the library, so that the same words give the same
/// pixels on every machine. Letters are placed left to right with kerning: scripts that need shaping (Arabic, Indic)
/// are readable only in part, and letters that the font lacks are drawn as a box.
///
/// An object belongs to one thread.
class Font {
 public:
  /// @param pixels height of the em square
  /// @throws Error: internal.
  explicit Font(int pixels, FontWeight weight = FontWeight::regular);
  ~Font();
  Font(Font&&) noexcept;
  Font& operator=(Font&&) noexcept;

  /// Distance between two lines of running text, in pixels.
  int line_height() const noexcept;

  /// Distance from the top of a line to its baseline, in pixels.
  int ascent() const noexcept;

  /// Width of a line of UTF-8 text, in pixels. Bytes that are not UTF-8 count as U+FFFD.
  int width(std::string_view line) const;

  /// `line`, or as much of its beginning as fits into `max_width` pixels with an ellipsis behind it.
  std::string shortened(std::string_view line, int max_width) const;

  /// Draws a line of UTF-8 text with its baseline at `origin`; what leaves the picture is cut off.
  /// @param picture height * width of (R, G, B)
  void draw(cv::Mat3b& picture, std::string_view line, cv::Point origin, const cv::Vec3b& color) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fovea::render
