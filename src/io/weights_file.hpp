/// @file The tensors of a model, whichever of the usual kinds of file they are in.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "io/file_bytes.hpp"
#include "io/tensor_view.hpp"

namespace fovea::io {

/// Named tensors. Each one keeps the file that it lies in mapped, so it may outlive this.
struct Weights {
  std::map<std::string, TensorView> tensors;
  std::map<std::string, std::string> metadata;  ///< of a single safetensors file
  std::vector<std::filesystem::path> files;     ///< what the tensors lie in, in the order of names
};

/// Opens the weights of a model:
/// - a folder: its model.safetensors, model.safetensors.index.json, pytorch_model.bin or pytorch_model.bin.index.json,
///   the first that is there;
/// - an index (a name that ends in .index.json) with the files that it names beside it;
/// - a safetensors file or a state dict of torch.save (see read_torch_file), told apart by their first bytes.
/// @throws Error: io, corrupt, unsupported (with what to do), model (a folder without weights).
Weights open_weights(const std::filesystem::path& path);

/// The same of one file's bytes, safetensors or torch.save.
Weights read_weights(const FileBytes& file);

}  // namespace fovea::io
