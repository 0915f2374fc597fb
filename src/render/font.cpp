#include "render/font.hpp"

#include <ft2build.h>
#include FT_FREETYPE_H

#include <utility>

#include "fovea/error.hpp"
#include "render/font_data.hpp"
#include "text/unicode.hpp"

namespace fovea::render {
namespace {

void check(FT_Error error, const char* what) {
  if (error != 0) {
    throw Error(ErrorCode::internal, std::string("FreeType: ") + what + " failed with error " + std::to_string(error));
  }
}

int rounded(FT_Pos position) { return static_cast<int>((position + 32) >> 6); }  // from 26.6 fixed point

/// Lays the coverage of one glyph over the picture.
void blend(cv::Mat3b& picture, const FT_Bitmap& glyph, cv::Point corner, const cv::Vec3b& color) {
  for (int row = 0; row < static_cast<int>(glyph.rows); ++row) {
    for (int column = 0; column < static_cast<int>(glyph.width); ++column) {
      const cv::Point at = corner + cv::Point(column, row);
      if (at.x < 0 || at.y < 0 || at.x >= picture.cols || at.y >= picture.rows) {
        continue;
      }
      const int cover = glyph.buffer[row * glyph.pitch + column];
      cv::Vec3b& pixel = picture(at);
      for (int c = 0; c < 3; ++c) {
        pixel[c] = static_cast<std::uint8_t>((pixel[c] * (255 - cover) + color[c] * cover + 127) / 255);
      }
    }
  }
}

}  // namespace

struct Font::Impl {
  FT_Library library = nullptr;
  FT_Face face = nullptr;

  Impl() { check(FT_Init_FreeType(&library), "FT_Init_FreeType"); }
  ~Impl() { FT_Done_FreeType(library); }  // closes its faces too
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// Calls place(glyph index, pen position in 1/64 px) for each letter and returns the width of the line in 1/64 px.
  template <typename Place>
  FT_Pos lay_out(std::string_view line, Place place) const {
    FT_Pos pen = 0;
    FT_UInt previous = 0;
    for (const char32_t character : text::decode_utf8(line)) {
      const FT_UInt glyph = FT_Get_Char_Index(face, character);
      FT_Vector kerning{};
      if (previous != 0 && glyph != 0) {
        FT_Get_Kerning(face, previous, glyph, FT_KERNING_DEFAULT, &kerning);
      }
      pen += kerning.x;
      check(FT_Load_Glyph(face, glyph, FT_LOAD_TARGET_LIGHT), "FT_Load_Glyph");
      place(pen);
      pen += face->glyph->advance.x;
      previous = glyph;
    }
    return pen;
  }
};

Font::Font(int pixels, FontWeight weight) : impl_(std::make_unique<Impl>()) {
  const std::span<const unsigned char> file = weight == FontWeight::bold ? dejavu_sans_bold() : dejavu_sans();
  check(FT_New_Memory_Face(impl_->library, file.data(), static_cast<FT_Long>(file.size()), 0, &impl_->face),
        "FT_New_Memory_Face");
  check(FT_Set_Pixel_Sizes(impl_->face, 0, static_cast<FT_UInt>(pixels)), "FT_Set_Pixel_Sizes");
}

Font::~Font() = default;
Font::Font(Font&&) noexcept = default;
Font& Font::operator=(Font&&) noexcept = default;

int Font::line_height() const noexcept { return rounded(impl_->face->size->metrics.height); }

int Font::ascent() const noexcept { return rounded(impl_->face->size->metrics.ascender); }

int Font::width(std::string_view line) const {
  return rounded(impl_->lay_out(line, [](FT_Pos) {}));
}

std::string Font::shortened(std::string_view line, int max_width) const {
  if (width(line) <= max_width) {
    return std::string(line);
  }
  std::string beginning;
  std::string result = "\u2026";
  for (const char32_t character : text::decode_utf8(line)) {
    text::append_utf8(beginning, character);
    const std::string trial = beginning + "\u2026";
    if (width(trial) > max_width) {
      break;
    }
    result = trial;
  }
  return result;
}

void Font::draw(cv::Mat3b& picture, std::string_view line, cv::Point origin, const cv::Vec3b& color) const {
  impl_->lay_out(line, [&](FT_Pos pen) {
    const FT_GlyphSlot slot = impl_->face->glyph;
    check(FT_Render_Glyph(slot, FT_RENDER_MODE_NORMAL), "FT_Render_Glyph");
    blend(picture, slot->bitmap, origin + cv::Point(rounded(pen) + slot->bitmap_left, -slot->bitmap_top), color);
  });
}

}  // namespace fovea::render
