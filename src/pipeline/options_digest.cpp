#include "pipeline/options_digest.hpp"

#include <span>

#include <nlohmann/json.hpp>

#include "io/sha256.hpp"

namespace fovea::pipeline {
namespace {

/// Goes up when the loaders or the resize give other pixels for the same file.
constexpr int kPixelsVersion = 1;

}  // namespace

std::string options_digest(const CaptionOptions& caption, Precision precision, int min_side) {
  nlohmann::json json{{"max_length", caption.max_length},
                      {"min_length", caption.min_length},
                      {"length_penalty", caption.length_penalty},
                      {"no_repeat_ngram", caption.no_repeat_ngram},
                      {"top", caption.top},
                      {"precision", precision == Precision::fp32 ? "fp32" : "bf16"},
                      {"min_side", min_side},
                      {"pixels_version", kPixelsVersion}};
  if (caption.sample) {
    json["sample"] = {{"temperature", caption.temperature},
                      {"top_k", caption.top_k},
                      {"top_p", caption.top_p},
                      {"seed", caption.seed}};
  } else {
    json["beam"] = caption.beam;
  }
  const std::string text = json.dump();
  return io::sha256_hex(std::as_bytes(std::span(text)));
}

}  // namespace fovea::pipeline
