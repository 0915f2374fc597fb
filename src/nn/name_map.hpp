/// @file Names of weights in foreign files: rules that say where each weight of ours is found, and how it is stored.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "nn/weights.hpp"

namespace fovea::nn {

/// How a batch norm that was folded away is named.
struct BatchNormNames {
  std::string prefix;  ///< of `weight`, `bias`, `running_mean`, `running_var`; empty: none
  double epsilon = 1e-5;
  bool alone = false;  ///< no convolution precedes it: our weight is its scale, our bias its shift (ScaleShift)
};

/// Where weights of ours are found. `*` stands for a number, the same one on both sides: the first on the left is the
/// first on the right. The rule whose `ours` is a prefix of the name (or all of it) counts, the first one in the list;
/// what follows the prefix is the same on both sides.
struct NameRule {
  std::string ours;
  std::string foreign;
  std::int64_t part = 0;        ///< of a fused tensor, split along its outputs ...
  std::int64_t parts = 1;       ///< ... into so many equal ones
  bool transposed = false;      ///< matrices are stored as [in, out]
  BatchNormNames batch_norm{};  ///< folded into the convolution's weight and bias (both sides' `*` as in `foreign`)
  std::vector<std::string> joined{};  ///< as `foreign`, of equal tensors that follow along the outputs: ours is fused
  bool squeezed = false;  ///< stored with dimensions of size 1 that ours lacks ([out, in, 1, 1] for a matrix)
};

/// A convolution without bias and the batch norm behind it.
NameRule folded(const std::string& ours, const std::string& convolution, const std::string& norm,
                double epsilon = 1e-5);
/// A batch norm that no convolution precedes.
NameRule lone_norm(const std::string& ours, const std::string& norm, double epsilon = 1e-5);

/// A whole scheme.
struct NameMap {
  std::vector<NameRule> rules;
  std::vector<std::string> ignored;  ///< prefixes of foreign tensors that no weight of ours needs, with `*`

  /// `rules` with a prefix before every foreign name.
  NameMap below(const std::string& foreign_prefix) const;
  /// `rules` with a prefix before every name of ours.
  NameMap inside(const std::string& our_prefix) const;
  NameMap& operator+=(const NameMap& other);
};

/// Gives a module the tensors of a foreign file, without copying those that are stored as they are used.
/// Names in messages are those of the file.
/// @param tensors given away, they leave the memory one by one as they are converted (map_tensors())
/// @param type of the weights afterwards
/// @throws Error: model, naming every tensor that is missing, unexpected, of another shape or no floating-point number.
void load_foreign_weights(torch::nn::Module& module, TensorMap tensors, const NameMap& names, at::ScalarType type,
                          const std::string& source);

/// What becomes of a tensor of a foreign file.
struct TensorFate {
  enum class Use {
    whole,   ///< it is a weight of ours, perhaps in another order
    split,   ///< it is cut into several weights
    joined,  ///< it becomes a part of a weight
    folded,  ///< its numbers go into a weight, with those of a batch norm
    ignored  ///< nothing needs it
  };
  std::string name;
  Use use = Use::ignored;
  std::vector<std::string> ours;  ///< weights that have something of it
};

/// What load_foreign_weights() does with every tensor, in the order of their names.
/// @throws Error: as load_foreign_weights().
std::vector<TensorFate> trace_foreign_weights(const torch::nn::Module& module, const TensorMap& tensors,
                                              const NameMap& names, const std::string& source);

/// Whether any tensor's name begins so.
bool has_prefix(const TensorMap& tensors, const std::string& prefix);

}  // namespace fovea::nn
