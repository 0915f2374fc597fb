#include "render/font_data.hpp"

// The assembler copies the files in: no generated source of megabytes, nothing to find at run time.
#define FOVEA_EMBED(symbol, file)                  \
  __asm__(                                         \
      ".pushsection .rodata\n"                     \
      ".balign 16\n"                               \
      ".hidden " #symbol                           \
      "_begin\n"                                   \
      ".global " #symbol                           \
      "_begin\n"                                   \
      ".hidden " #symbol                           \
      "_end\n"                                     \
      ".global " #symbol "_end\n" #symbol          \
      "_begin:\n"                                  \
      ".incbin \"" file "\"\n" #symbol             \
      "_end:\n"                                    \
      ".popsection\n");                            \
  extern "C" const unsigned char symbol##_begin[]; \
  extern "C" const unsigned char symbol##_end[]

FOVEA_EMBED(fovea_font_regular, FOVEA_FONT_REGULAR);
FOVEA_EMBED(fovea_font_bold, FOVEA_FONT_BOLD);

namespace fovea::render {

std::span<const unsigned char> dejavu_sans() noexcept { return {fovea_font_regular_begin, fovea_font_regular_end}; }
std::span<const unsigned char> dejavu_sans_bold() noexcept { return {fovea_font_bold_begin, fovea_font_bold_end}; }

}  // namespace fovea::render
