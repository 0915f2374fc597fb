/// Captions a batch of one photo again and again, as fast as the library does it: what bench/pretrained measures beside
/// transformers.
///
/// Usage: fovea_bench_captions MODEL PHOTO {fp32|bf16} BATCH RUNS
/// Every caption is forced to 20 tokens, by beam search with 3 beams. Prints a line of JSON.
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

#include "fovea/captioner.hpp"
#include "fovea/loader.hpp"

namespace {

constexpr int kTokens = 20;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// A figure of /proc/self/status, in MB.
double memory(const std::string& key) {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    double kilobytes = 0;
    if (word == key + ":" && status >> kilobytes) return kilobytes / 1024;
  }
  return 0;
}

void run(const std::vector<std::string>& arguments) {
  const auto start = now();
  const auto precision = arguments.at(2) == "bf16" ? fovea::Precision::bf16 : fovea::Precision::fp32;
  const auto model = fovea::Model::open(arguments.at(0), {.precision = precision});
  const double opened = now() - start;
  const fovea::Captioner captioner(
      model, {.beam = 3, .max_length = kTokens, .min_length = kTokens, .length_penalty = 1, .no_repeat_ngram = 0});
  const auto photo = captioner.prepare(fovea::load_image(arguments.at(1)));
  captioner.caption(std::span(&photo, 1));
  const double first = now() - start;

  const std::vector<fovea::PreparedImage> batch(std::stoul(arguments.at(3)), photo);
  captioner.caption(batch);
  std::string seconds, encode;
  for (int i = 0; i < std::stoi(arguments.at(4)); ++i) {
    fovea::CaptionSeconds parts;
    const auto before = now();
    captioner.caption(batch, &parts);
    seconds += (i == 0 ? "" : ", ") + std::to_string(now() - before);
    encode += (i == 0 ? "" : ", ") + std::to_string(parts.encode);
  }
  std::printf(
      "{\"open\": %.3f, \"first\": %.3f, \"peak_mb\": %.0f, \"anonymous_mb\": %.0f, \"mapped_mb\": %.0f, "
      "\"seconds\": [%s], \"encode\": [%s]}\n",
      opened, first, memory("VmHWM"), memory("RssAnon"), memory("RssFile"), seconds.c_str(), encode.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run({argv + 1, argv + argc});
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "fovea_bench_captions: %s\n", e.what());
    return 1;
  }
}
