#include "formula_weights.hpp"

#include <cmath>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

namespace fovea::tests {
namespace {

/// FNV-1a.
std::uint32_t hash(const std::string& name) {
  std::uint32_t value = 0x811C9DC5U;
  for (const char c : name) value = (value ^ static_cast<unsigned char>(c)) * 0x01000193U;
  return value;
}

/// lowbias32 (https://nullprogram.com/blog/2018/07/31/).
std::uint32_t mixed(std::uint32_t x) {
  x ^= x >> 16U;
  x *= 0x7FEB352DU;
  x ^= x >> 15U;
  x *= 0x846CA68BU;
  return x ^ (x >> 16U);
}

at::Tensor weight(const std::string& name, const std::vector<std::int64_t>& shape) {
  const auto noise = formula_noise(name, shape);
  if (name.ends_with("running_mean") || name.ends_with("bias")) return noise * 0.2;
  if (shape.size() == 1) return noise * 0.5 + 1;
  double inputs = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) inputs *= static_cast<double>(shape[i]);
  return noise * std::sqrt(6 / inputs);
}

}  // namespace

at::Tensor formula_noise(const std::string& name, at::IntArrayRef shape) {
  constexpr double kHalf = 2147483648.0;
  auto tensor = at::empty(shape);
  auto* values = tensor.mutable_data_ptr<float>();
  const auto seed = hash(name);
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    const auto x = mixed(static_cast<std::uint32_t>(i) * 0x9E3779B9U + seed);
    values[i] = static_cast<float>(static_cast<double>(x) / kHalf - 1);
  }
  return tensor;
}

nn::TensorMap formula_weights(const std::filesystem::path& list) {
  nn::TensorMap tensors;
  std::ifstream lines(list);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    std::vector<std::int64_t> shape;
    for (std::int64_t size = 0; words >> size;) shape.push_back(size);
    tensors.emplace(name, weight(name, shape));
    const std::string counted = "running_var";
    if (name.ends_with(counted)) {
      name.replace(name.size() - counted.size(), counted.size(), "num_batches_tracked");
      tensors.emplace(name, at::zeros({}, at::kLong));
    }
  }
  return tensors;
}

}  // namespace fovea::tests
