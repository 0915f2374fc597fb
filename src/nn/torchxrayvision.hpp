/// @file TorchXRayVision's classifiers of chest X-rays (Cohen et al. 2021): a DenseNet on one channel whose
/// probabilities are scaled so that each label's operating point lies at 0.5.
///
/// Its published files are pickled modules; `fovea import` tells how they become a folder of
///
///     {"model_type": "torchxrayvision-densenet", "architectures": ["TorchXRayVisionDenseNet"],
///      "pathologies": ["Atelectasis", ...], "op_threshs": [0.074, null, ...], "input_size": 224}
///
/// and safetensors under the names of the module's state dict. A label without a name is one that the weights were not
/// trained for.
#pragma once

#include <optional>
#include <vector>

#include "nn/densenet.hpp"

namespace fovea::nn {

/// Weights as DenseNet.
class TorchXRayVision : public DenseNet {
 public:
  /// @param thresholds operating point of each label, NaN where there is none; empty: plain sigmoids
  TorchXRayVision(const DenseNetOptions& options, std::vector<double> thresholds);

  /// Sigmoid p, then p / (2 t) below the threshold t and 1 - (1 - p) / (2 (1 - t)) from it on; 0.5 without threshold.
  at::Tensor probabilities(const at::Tensor& logits, bool independent) const override;

 private:
  at::Tensor thresholds_;  // float32 [labels]; undefined: none
};

/// "torchxrayvision-densenet"
const BackboneFamily& torchxrayvision_family();

}  // namespace fovea::nn
