/// @file One picture that shows where a captioner looked, word by word.
#pragma once

#include <string>

#include "fovea/captioner.hpp"
#include "fovea/image.hpp"

namespace fovea::render {

/// How a sheet is drawn.
struct AttentionSheetOptions {
  std::string colormap = "viridis";  ///< a name of colormap_names()
  int panel_side = 320;              ///< px of a photo's longer side on the sheet
};

/// The photo, then for each word its attention over what the model saw of it, with the word's probability; the caption
/// is the title, and the legend states the scale (see attention_overlay.hpp), which is the same on every sheet.
/// @param photo any size; `caption.attention` is stretched over its view, which is in pixels of the photo's full size
/// @throws Error: usage (unknown colour map, caption without attention), internal (malformed attention).
Image render_attention_sheet(const Image& photo, const Hypothesis& caption, const AttentionSheetOptions& options = {});

/// The same, not averaged: a row for each head of each layer, a column for each word.
Image render_attention_heads(const Image& photo, const Hypothesis& caption, const AttentionSheetOptions& options = {});

}  // namespace fovea::render
