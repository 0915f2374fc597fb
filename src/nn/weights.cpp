#include "nn/weights.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/GradMode.h>

#include "fovea/error.hpp"
#include "io/file_bytes.hpp"
#include "io/weights_file.hpp"
#include "nn/shape_text.hpp"

namespace fovea::nn {
namespace {

constexpr std::array<std::pair<io::DType, at::ScalarType>, 13> kTypes{{{io::DType::boolean, at::kBool},
                                                                       {io::DType::u8, at::kByte},
                                                                       {io::DType::i8, at::kChar},
                                                                       {io::DType::u16, at::kUInt16},
                                                                       {io::DType::i16, at::kShort},
                                                                       {io::DType::u32, at::kUInt32},
                                                                       {io::DType::i32, at::kInt},
                                                                       {io::DType::u64, at::kUInt64},
                                                                       {io::DType::i64, at::kLong},
                                                                       {io::DType::f16, at::kHalf},
                                                                       {io::DType::bf16, at::kBFloat16},
                                                                       {io::DType::f32, at::kFloat},
                                                                       {io::DType::f64, at::kDouble}}};

at::ScalarType scalar_type(io::DType dtype) {
  for (const auto& [stored, type] : kTypes) {
    if (stored == dtype) return type;
  }
  throw Error(ErrorCode::internal, "no tensor type for dtype " + io::to_string(dtype));
}

io::DType dtype_of(at::ScalarType scalar) {
  for (const auto& [stored, type] : kTypes) {
    if (type == scalar) return stored;
  }
  throw Error(ErrorCode::internal, std::string("safetensors cannot hold ") + c10::toString(scalar));
}

at::Tensor copy_of(const io::TensorView& view) {
  auto tensor = at::empty(view.shape, at::TensorOptions(scalar_type(view.dtype)));
  std::copy(view.bytes.begin(), view.bytes.end(), static_cast<std::byte*>(tensor.data_ptr()));
  return tensor;
}

}  // namespace

TensorMap read_tensors(const std::filesystem::path& path) {
  const io::SafetensorsFile file(path);
  TensorMap tensors;
  for (const auto& [name, view] : file.tensors()) {
    tensors.emplace(name, copy_of(view));
  }
  return tensors;
}

TensorMap map_tensors(const std::filesystem::path& path) {
  TensorMap tensors;
  for (const auto& [name, view] : io::open_weights(path).tensors) {
    const auto type = at::TensorOptions(scalar_type(view.dtype));
    // Whose last tensor goes has been converted or packed: it is in memory elsewhere.
    const auto release = [owner = view.owner, bytes = view.is_mapped ? view.bytes : std::span<const std::byte>()](
                             void*) { io::drop_pages(bytes); };
    auto tensor = at::from_blob(const_cast<std::byte*>(view.bytes.data()), view.shape, release, type);
    tensors.emplace(name, view.is_aligned() ? tensor : copy_of(view));
  }
  return tensors;
}

void write_tensors(const std::filesystem::path& path, const TensorMap& tensors, std::optional<at::ScalarType> floating,
                   const std::map<std::string, std::string>& metadata) {
  TensorMap kept;  // owns the converted bytes while the file is written
  std::map<std::string, io::TensorView> views;
  for (const auto& [name, tensor] : tensors) {
    const auto type = tensor.is_floating_point() && floating ? *floating : tensor.scalar_type();
    const auto stored = tensor.detach().to(type).contiguous();
    kept.emplace(name, stored);
    views.emplace(name,
                  io::TensorView{.dtype = dtype_of(type),
                                 .shape = stored.sizes().vec(),
                                 .bytes = {static_cast<const std::byte*>(stored.const_data_ptr()), stored.nbytes()}});
  }
  io::write_safetensors(path, views, metadata);
}

TensorMap named_weights(const torch::nn::Module& module) {
  TensorMap weights;
  for (const auto& item : module.named_parameters()) weights.emplace(item.key(), item.value());
  return weights;
}

void load_weights(torch::nn::Module& module, const TensorMap& tensors, const std::string& source) {
  const auto weights = named_weights(module);
  std::string problems;
  for (const auto& [name, weight] : weights) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
      problems += "\n  missing: " + name + " " + shape_text(weight.sizes());
    } else if (found->second.sizes() != weight.sizes()) {
      problems += "\n  wrong shape: " + name + " is " + shape_text(found->second.sizes()) + ", expected " +
                  shape_text(weight.sizes());
    } else if (!found->second.is_floating_point()) {
      problems += "\n  wrong type: " + name + " is " + c10::toString(found->second.scalar_type()) +
                  ", expected a floating-point type";
    }
  }
  for (const auto& [name, tensor] : tensors) {
    if (!weights.contains(name)) problems += "\n  unexpected: " + name + " " + shape_text(tensor.sizes());
  }
  if (!problems.empty()) throw Error(ErrorCode::model, source + " does not fit its configuration:" + problems);
  const c10::AutoGradMode no_grad(false);
  for (const auto& [name, weight] : weights) weight.copy_(tensors.at(name));
}

}  // namespace fovea::nn
