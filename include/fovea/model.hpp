/// @file A model that is open and ready to run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace fovea {

/// Arithmetic of the network.
enum class Precision { fp32, bf16 };

/// How a model is opened.
struct OpenOptions {
  Precision precision = Precision::fp32;
};

/// What a model folder says of itself.
struct ModelInfo {
  std::string id;            ///< name of the folder, or `name` in config.json
  std::string architecture;  ///< as in config.json; "torchvision/resnet50" of a model without a class there
  std::string family{};      ///< of models of other libraries: "resnet", "blip"
  std::string sha256;        ///< hex digest over config.json, vocabulary and weights
  std::string licence;       ///< terms that the training data puts on the weights
  std::int64_t parameters = 0;
  int input_width = 0;
  int input_height = 0;
  int vocabulary_size = 0;
  std::string finding{};                ///< highlighting: what is marked, in the singular ("mass")
  std::string preprocessing{};          ///< in words: how pixels are made of an image
  std::vector<std::string> labels{};    ///< highlighting: of whole images
  std::vector<std::string> findings{};  ///< highlighting: what captions may call it ("benign mass", "malignant mass")
};

/// A model: immutable after opening, so one can be shared by any number of threads.
class Model {
 public:
  /// Opens a model folder (config.json, model.safetensors, vocabulary).
  /// @throws Error: io (a file is missing), model (a tensor is missing, unexpected or misshaped: each is named).
  static std::shared_ptr<const Model> open(const std::filesystem::path& folder, const OpenOptions& options = {});

  virtual ~Model() = default;
  virtual const ModelInfo& info() const noexcept = 0;
};

}  // namespace fovea
