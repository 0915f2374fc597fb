/// @file The part of Python's pickle format that a state dict of torch.save consists of. Nothing is run: names stand
/// for the few things of torch_globals.hpp, and every other name is refused.
/// Format: Lib/pickletools.py of CPython.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/torch_globals.hpp"

namespace fovea::io {

/// A value of a pickle, by its number. Values refer to one another, and a list may hold itself.
using PickleRef = std::uint32_t;

struct PickleValue {
  enum class Kind : std::uint8_t {
    none,
    integer,  ///< also a boolean
    other,    ///< a float, bytes, an integer of over 64 bits: nothing that weights are described with
    text,
    tuple,
    list,
    dict,     ///< its items are key, value, key, value, ...
    global,   ///< `text` is its name without the module
    storage,  ///< its items are ("storage", type, key, place, count)
    tensor    ///< its items are the arguments of the function that `global` stands for
  };
  Kind kind = Kind::none;
  TorchGlobal global = TorchGlobal::ordered_dict;  ///< of a global or tensor
  std::uint32_t items = 0;                         ///< see Pickle::items
  std::int64_t integer = 0;
  std::string_view text = {};
};

/// A pickle that was read as a whole. Takes at most a hundred times its bytes and a few kB, and under 500 MB: values,
/// items of containers, memos and what lies on the stack are limited in number.
class Pickle {
 public:
  /// @param bytes outlive this object; texts refer to them
  /// @param file for messages
  /// @throws Error: corrupt, unsupported (another name, an operation that state dicts do not need, over 32 MB).
  Pickle(std::span<const std::byte> bytes, const std::string& file);

  const PickleValue& top() const noexcept { return values_[top_]; }
  const PickleValue& operator[](PickleRef ref) const noexcept { return values_[ref]; }

  /// What a tuple, list, dict, storage or tensor consists of.
  std::span<const PickleRef> items(const PickleValue& value) const noexcept { return items_[value.items]; }

 private:
  friend class PickleReader;
  std::deque<PickleValue> values_;
  std::deque<std::vector<PickleRef>> items_{1};  // the first stays empty: of every container that holds nothing yet
  PickleRef top_ = 0;
};

}  // namespace fovea::io
