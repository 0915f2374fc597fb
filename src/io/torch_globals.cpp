#include "io/torch_globals.hpp"

#include <algorithm>
#include <array>

namespace fovea::io {
namespace {

struct GlobalRow {
  std::string_view module;
  std::string_view name;
  TorchGlobal global;
};
constexpr std::array<GlobalRow, 9> kGlobals{
    {{"collections", "OrderedDict", TorchGlobal::ordered_dict},
     {"torch._utils", "_rebuild_tensor", TorchGlobal::rebuild_tensor},
     {"torch._utils", "_rebuild_tensor_v2", TorchGlobal::rebuild_tensor},
     {"torch._utils", "_rebuild_tensor_v3", TorchGlobal::rebuild_tensor_v3},
     {"torch._utils", "_rebuild_parameter", TorchGlobal::rebuild_parameter},
     {"torch._utils", "_rebuild_parameter_with_state", TorchGlobal::rebuild_parameter},
     {"torch", "Size", TorchGlobal::size},
     {"torch.storage", "UntypedStorage", TorchGlobal::storage},
     {"torch", "UntypedStorage", TorchGlobal::storage}}};

struct TypeRow {
  std::string_view name;     ///< in the module torch
  std::string_view storage;  ///< "" where torch.save uses untyped storages
  std::optional<DType> dtype;
};
// Types without a DType are known, so that the message names the type and does not speak of code.
constexpr std::array<TypeRow, 25> kTypes{{{"bool", "BoolStorage", DType::boolean},
                                          {"uint8", "ByteStorage", DType::u8},
                                          {"int8", "CharStorage", DType::i8},
                                          {"int16", "ShortStorage", DType::i16},
                                          {"int32", "IntStorage", DType::i32},
                                          {"int64", "LongStorage", DType::i64},
                                          {"uint16", "", DType::u16},
                                          {"uint32", "", DType::u32},
                                          {"uint64", "", DType::u64},
                                          {"float16", "HalfStorage", DType::f16},
                                          {"bfloat16", "BFloat16Storage", DType::bf16},
                                          {"float32", "FloatStorage", DType::f32},
                                          {"float64", "DoubleStorage", DType::f64},
                                          {"float8_e4m3fn", "", std::nullopt},
                                          {"float8_e4m3fnuz", "", std::nullopt},
                                          {"float8_e5m2", "", std::nullopt},
                                          {"float8_e5m2fnuz", "", std::nullopt},
                                          {"float8_e8m0fnu", "", std::nullopt},
                                          {"complex32", "", std::nullopt},
                                          {"complex64", "ComplexFloatStorage", std::nullopt},
                                          {"complex128", "ComplexDoubleStorage", std::nullopt},
                                          {"qint8", "QInt8Storage", std::nullopt},
                                          {"quint8", "QUInt8Storage", std::nullopt},
                                          {"qint32", "QInt32Storage", std::nullopt},
                                          {"quint4x2", "QUInt4x2Storage", std::nullopt}}};

const TypeRow* find_type(std::string_view name) noexcept {
  const auto row = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeRow& r) {
    return r.name == name || (!r.storage.empty() && r.storage == name);
  });
  return row == kTypes.end() ? nullptr : &*row;
}

}  // namespace

std::optional<TorchGlobal> torch_global(std::string_view module, std::string_view name) noexcept {
  const auto row = std::find_if(kGlobals.begin(), kGlobals.end(),
                                [&](const GlobalRow& r) { return r.module == module && r.name == name; });
  if (row != kGlobals.end()) return row->global;
  const TypeRow* type = module == "torch" ? find_type(name) : nullptr;
  if (type == nullptr) return std::nullopt;
  return type->name == name ? TorchGlobal::dtype : TorchGlobal::storage;
}

std::optional<DType> torch_dtype(std::string_view name) noexcept {
  const TypeRow* type = find_type(name);
  return type == nullptr ? std::nullopt : type->dtype;
}

}  // namespace fovea::io
