/// @file Weights between safetensors files and modules.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "io/safetensors.hpp"

namespace fovea::nn {

using TensorMap = std::map<std::string, at::Tensor>;

/// Reads every tensor of a file into memory of its own, in the file's types.
TensorMap read_tensors(const std::filesystem::path& path);

/// Every tensor of a model's weights (io::open_weights), in the file's types and without a copy: each keeps its file
/// mapped, and leaves the process's memory with its last user. Writing into one is an access violation. Tensors that
/// lie across the alignment of their type are copied.
TensorMap map_tensors(const std::filesystem::path& path);

/// Writes tensors; floating-point ones as `floating` (at::kHalf, at::kFloat, ...; nothing: as they are), others as they
/// are.
void write_tensors(const std::filesystem::path& path, const TensorMap& tensors, std::optional<at::ScalarType> floating,
                   const std::map<std::string, std::string>& metadata = {});

/// The parameters of a module under their dotted names (views: writing into them changes the module).
TensorMap named_weights(const torch::nn::Module& module);

/// Copies tensors into the parameters of a module, converting the type.
/// @throws Error: model, naming every tensor that is missing, unexpected or of another shape.
void load_weights(torch::nn::Module& module, const TensorMap& tensors, const std::string& source);

}  // namespace fovea::nn
