/// @file The folder of a model of another library: its configuration, and what else lies beside the weights.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fovea/model.hpp"
#include "nn/foreign_config.hpp"
#include "nn/weights.hpp"

namespace fovea::nn {

/// A folder as hubs have it: config.json, weights, and files for pixels and text.
class ForeignFolder {
 public:
  /// Reads config.json. @throws Error: io, model.
  explicit ForeignFolder(std::filesystem::path path);

  const std::filesystem::path& path() const noexcept { return path_; }
  const ForeignConfig& config() const noexcept { return config_; }

  /// A JSON file of the folder; nothing where it is not there. @throws Error: model when it is damaged.
  std::optional<ForeignConfig> json(const char* name) const;
  /// The weights, mapped. @throws Error: as io::open_weights().
  TensorMap tensors() const { return map_tensors(path_); }

  /// Id, digest of all files that can change a result, licence (of README.md's front matter).
  ModelInfo info(const std::string& architecture) const;

 private:
  std::filesystem::path path_;
  ForeignConfig config_;
};

/// The tensors whose names begin with `prefix`, without it.
TensorMap tensors_below(const TensorMap& tensors, const std::string& prefix);

}  // namespace fovea::nn
