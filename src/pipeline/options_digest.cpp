#include "pipeline/options_digest.hpp"

#include <span>

#include <nlohmann/json.hpp>

#include "io/sha256.hpp"

namespace fovea::pipeline {
namespace {

/// Goes up when the loaders or the resize give other pixels for the same file.
constexpr int kPixelsVersion = 1;

const char* name_of(Precision precision) { return precision == Precision::fp32 ? "fp32" : "bf16"; }

const char* name_of(VoiFunction function) {
  switch (function) {
    case VoiFunction::linear:
      return "linear";
    case VoiFunction::linear_exact:
      return "linear_exact";
    case VoiFunction::sigmoid:
      return "sigmoid";
  }
  return "linear";
}

std::string digest_of(const nlohmann::json& json) {
  const std::string text = json.dump();
  return io::sha256_hex(std::as_bytes(std::span(text)));
}

}  // namespace

std::string options_digest(const HighlightOptions& highlight, const DisplayOptions& display, Precision precision,
                           bool deidentify) {
  nlohmann::json json{{"min_region", highlight.min_region},   {"flip", highlight.flip},
                      {"caption", highlight.caption},         {"precision", name_of(precision)},
                      {"window_index", display.window_index}, {"pixels_version", kPixelsVersion}};
  if (deidentify) json["deidentify"] = true;
  if (highlight.threshold) json["threshold"] = *highlight.threshold;
  if (display.window) {
    json["window"] = {{"centre", display.window->centre},
                      {"width", display.window->width},
                      {"function", name_of(display.window->function)}};
  }
  return digest_of(json);
}

std::string options_digest(const CaptionOptions& caption, Precision precision, int min_side) {
  nlohmann::json json{{"max_length", caption.max_length},
                      {"min_length", caption.min_length},
                      {"length_penalty", caption.length_penalty},
                      {"no_repeat_ngram", caption.no_repeat_ngram},
                      {"top", caption.top},
                      {"precision", name_of(precision)},
                      {"min_side", min_side},
                      {"pixels_version", kPixelsVersion}};
  if (!caption.prompt.empty()) json["prompt"] = caption.prompt;
  if (caption.sample) {
    json["sample"] = {{"temperature", caption.temperature},
                      {"top_k", caption.top_k},
                      {"top_p", caption.top_p},
                      {"seed", caption.seed}};
  } else {
    json["beam"] = caption.beam;
  }
  return digest_of(json);
}

}  // namespace fovea::pipeline
