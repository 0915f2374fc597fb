/// @file The images and results of tests/reference/make_preprocess_goldens.py.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "fovea/image.hpp"
#include "io/safetensors.hpp"

namespace fovea::tests {

class PreprocessGoldens {
 public:
  PreprocessGoldens() : file_(FOVEA_TEST_DATA_DIR "/nn/preprocess.safetensors") {}

  Image image(const std::string& name) const {
    const auto& view = file_.tensors().at(name);
    const auto* begin = reinterpret_cast<const std::uint8_t*>(view.bytes.data());
    return {.width = static_cast<int>(view.shape.at(1)),
            .height = static_cast<int>(view.shape.at(0)),
            .pixels = {begin, begin + view.bytes.size()},
            .geometry = {}};
  }

  std::vector<float> values(const std::string& name) const {
    const auto& view = file_.tensors().at(name);
    const auto* begin = reinterpret_cast<const float*>(view.bytes.data());
    return {begin, begin + view.bytes.size() / sizeof(float)};
  }

  /// Names that begin with `prefix`.
  std::vector<std::string> names(const std::string& prefix) const {
    std::vector<std::string> found;
    for (const auto& [name, view] : file_.tensors()) {
      if (name.starts_with(prefix)) found.push_back(name);
    }
    return found;
  }

  /// The image that a result was made of: names end with its number.
  Image input_of(const std::string& name) const { return image("image" + name.substr(name.rfind('.'))); }

 private:
  io::SafetensorsFile file_;
};

/// The largest difference of two images of the same size; 256 when their sizes differ.
inline int largest_difference(const Image& a, const Image& b) {
  if (a.width != b.width || a.height != b.height || a.pixels.size() != b.pixels.size()) return 256;
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  return largest;
}

}  // namespace fovea::tests
