/// @file What tests/reference/make_highlight_metric_goldens.py made, for the tests of metrics of highlighting.
#pragma once

#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fovea/error.hpp"
#include "io/safetensors.hpp"

namespace fovea::metrics {

inline nlohmann::json highlight_goldens(const std::string& section) {
  return nlohmann::json::parse(std::ifstream(FOVEA_TEST_DATA_DIR "/metrics/highlight_scores.json")).at(section);
}

/// A heat map and the true mask of one image.
struct GoldenMap {
  int width = 0;
  int height = 0;
  std::vector<float> heat_map;
  std::vector<std::uint8_t> mask;
};

template <typename Value>
std::vector<Value> values_of(const io::TensorView& tensor) {
  std::vector<Value> values(tensor.bytes.size() / sizeof(Value));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

inline std::vector<GoldenMap> golden_maps(const std::string& set) {
  const io::SafetensorsFile file(FOVEA_TEST_DATA_DIR "/metrics/highlight_maps.safetensors");
  std::vector<GoldenMap> maps;
  for (int i = 0; file.tensors().contains(set + "." + std::to_string(i) + ".mask"); ++i) {
    const auto prefix = set + "." + std::to_string(i) + ".";
    const auto& heat_map = file.tensors().at(prefix + "heat_map");
    maps.push_back({.width = static_cast<int>(heat_map.shape.at(1)),
                    .height = static_cast<int>(heat_map.shape.at(0)),
                    .heat_map = values_of<float>(heat_map),
                    .mask = values_of<std::uint8_t>(file.tensors().at(prefix + "mask"))});
  }
  return maps;
}

inline void expect_near(std::optional<double> actual, double expected, double tolerance, const std::string& what) {
  ASSERT_TRUE(actual.has_value()) << what;
  EXPECT_NEAR(*actual, expected, tolerance) << what;
}

/// The message of the Error of code usage that `action` throws.
template <typename Action>
std::string refusal(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    return error.what();
  }
  return "accepted";
}

}  // namespace fovea::metrics
