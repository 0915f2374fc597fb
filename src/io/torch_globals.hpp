/// @file The Python names that a state dict of torch.save needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "io/tensor_view.hpp"

namespace fovea::io {

/// What a name that a pickle may use stands for.
enum class TorchGlobal : std::uint8_t {
  ordered_dict,       ///< collections.OrderedDict
  rebuild_tensor,     ///< torch._utils._rebuild_tensor and _rebuild_tensor_v2: the type is the storage's
  rebuild_tensor_v3,  ///< the type is an argument
  rebuild_parameter,  ///< torch._utils._rebuild_parameter and _rebuild_parameter_with_state
  size,               ///< torch.Size
  storage,            ///< torch.FloatStorage, ...
  dtype               ///< torch.float32, ...
};

/// What `module`.`name` stands for; nothing when a state dict does not need it.
std::optional<TorchGlobal> torch_global(std::string_view module, std::string_view name) noexcept;

/// The type of a storage ("FloatStorage") or of a dtype ("float32"); nothing for one that Fovea does not read, and for
/// "UntypedStorage".
std::optional<DType> torch_dtype(std::string_view name) noexcept;

}  // namespace fovea::io
