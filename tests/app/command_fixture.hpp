/// @file What tests of `fovea caption` share: a folder with a model and photos, and its records.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "app/process.hpp"
#include "app/temp_folder.hpp"
#include "io/image_writer.hpp"
#include "pipeline/record_scan.hpp"
#include "tiny_caption_model.hpp"

namespace fovea::tests {

/// Works in a folder with `model/`; outputs go to captions.jsonl there.
class CommandFixture : public ::testing::Test {
 protected:
  CommandFixture() { write_tiny_caption_model(folder_ / "model"); }

  /// A small photo, different for each seed.
  void write_photo(const std::filesystem::path& name, std::uint32_t seed, int width = 40, int height = 32) {
    Image image{.width = width, .height = height, .pixels = {}, .geometry = {}};
    std::uint32_t state = seed * 2654435761U + 1;
    for (int i = 0; i < width * height * 3; ++i) {
      state = state * 1664525U + 1013904223U;
      image.pixels.push_back(static_cast<std::uint8_t>(state >> 24));
    }
    std::filesystem::create_directories((folder_ / name).parent_path());
    io::write_png(folder_ / name, image);
  }
  void write_photos(int count) {
    for (int i = 0; i < count; ++i) {
      write_photo("photos/" + std::to_string(1000 + i) + ".png", static_cast<std::uint32_t>(i));
    }
  }

  /// `fovea caption` with the model and the output set.
  static std::vector<std::string> caption_arguments(const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"caption", "--model", "model", "-o", "captions.jsonl"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  Outcome caption(const std::vector<std::string>& more, const std::string& input = "") {
    return run_fovea(caption_arguments(more), folder_.path(), input);
  }

  std::vector<pipeline::CaptionRecord> records(const std::string& file = "captions.jsonl") const {
    std::vector<pipeline::CaptionRecord> result;
    pipeline::scan_records(folder_ / file, [&](const auto& record, std::uint64_t) { result.push_back(record); });
    return result;
  }
  std::vector<std::string> inputs() const {
    std::vector<std::string> result;
    for (const auto& record : records()) result.push_back(record.input);
    return result;
  }

  TempFolder folder_;
};

}  // namespace fovea::tests
