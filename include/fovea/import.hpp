/// @file Models of other libraries brought into a folder that Fovea opens: one configuration, one file of weights.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "fovea/model.hpp"

namespace fovea {

/// What is imported, and how.
struct ImportOptions {
  /// A model's folder, or a file of weights (.safetensors, .pth, .pt, .bin), which then needs `architecture`.
  std::filesystem::path source;
  std::filesystem::path output;  ///< folder that is made; it must not be there, or be empty
  /// "torchvision/resnet50" or "timm/vit_base_patch16_224": what a file of weights belongs to. Empty for a folder.
  std::string architecture{};
  std::vector<std::string> labels{};  ///< names of a classifier's labels, with `architecture`; empty: they are numbered
  bool float16 = false;               ///< weights are stored in float16; false: as they are
};

/// What became of a tensor of the source.
struct ImportedTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::string fate;                  ///< "used", "split", "joined", "folded" or "ignored"
  std::vector<std::string> weights;  ///< Fovea's weights that have something of it
};

struct ImportReport {
  ModelInfo model;                      ///< as Model::open() gives it of the output
  std::vector<ImportedTensor> tensors;  ///< in the order of names; ignored ones are not in the output
  std::vector<std::string> files;       ///< of the output
};

/// Imports a model. The output appears under its name only when it is complete, and opens as the source does; its
/// import-report.txt is the report as text. Nothing in the source is run.
/// @throws Error: usage (options), io, corrupt, unsupported, model (every tensor that is missing, unexpected or
///         misshaped; a weight that float16 cannot hold).
ImportReport import_model(const ImportOptions& options);

/// A line for each tensor: what became of it, its name and shape, and the weights it went into.
std::string to_text(const ImportReport& report);

}  // namespace fovea
