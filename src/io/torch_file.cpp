#include "io/torch_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "fovea/error.hpp"
#include "io/message_text.hpp"
#include "io/pickle.hpp"
#include "io/torch_globals.hpp"
#include "io/torch_refusal.hpp"
#include "io/zip_archive.hpp"

namespace fovea::io {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are read as they lie in memory");

using Kind = PickleValue::Kind;
using Tensors = std::map<std::string, TensorView>;

/// Where checkpoints keep the weights, the first that is there.
constexpr std::array<std::string_view, 5> kStateDictKeys{"state_dict", "model_state_dict", "model", "teacher",
                                                         "student"};
constexpr std::size_t kMostShown = 12;            // names in a message
constexpr std::uint64_t kCopiesOfFile = 4;        // how much may be copied,
constexpr std::uint64_t kFreeCopies = 1'000'000;  // beside this many bytes
constexpr std::string_view kParallelPrefix = "module.";

std::string_view as_text(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Elements of a storage, and how a tensor steps through them.
struct Layout {
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;

  /// Whether the elements follow one another in row-major order. A side of 1 is never stepped along.
  bool is_contiguous() const noexcept {
    std::int64_t step = 1;
    for (std::size_t i = shape.size(); i-- > 0;) {
      if (shape[i] != 1 && strides[i] != step) return false;
      step *= shape[i];
    }
    return true;
  }
};

/// Copies elements of `size` bytes into row-major order. No side is 0.
void copy_row_major(const std::byte* from, const Layout& layout, std::size_t size, std::span<std::byte> to) {
  std::vector<std::int64_t> index(layout.shape.size());
  std::int64_t element = 0;
  for (std::size_t at = 0; at < to.size(); at += size) {
    std::memcpy(&to[at], from + element * static_cast<std::int64_t>(size), size);
    for (std::size_t axis = index.size(); axis-- > 0;) {
      if (layout.shape[axis] == 1) continue;  // whose stride may be any number
      element += layout.strides[axis];
      if (++index[axis] < layout.shape[axis]) break;
      element -= layout.strides[axis] * layout.shape[axis];
      index[axis] = 0;
    }
  }
}

class TorchFile {
 public:
  explicit TorchFile(const FileBytes& file)
      : file_(file),
        entries_(read_zip(file)),
        folder_(find_folder()),
        pickle_(entry("data.pkl"), file.name),
        copies_left_(file.bytes.size() * kCopiesOfFile + kFreeCopies) {}

  Tensors read() {
    if (const auto order = entries_.find(folder_ + "byteorder");
        order != entries_.end() && as_text(order->second) != "little") {
      unsupported("its tensors have the byte order " + in_quotes(as_text(order->second)) + ", only 'little' is read");
    }
    Tensors tensors;
    const auto items = state_dict();
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      const PickleValue& value = pickle_[items[i + 1]];
      if (value.kind != Kind::tensor) continue;
      const PickleValue& key = pickle_[items[i]];
      if (key.kind != Kind::text) corrupt("the name of a tensor is not text");
      const auto [at, is_new] = tensors.try_emplace(std::string(key.text));
      if (!is_new) corrupt("the tensor " + in_quotes(key.text) + " is there twice");
      at->second = read_tensor(in_quotes(key.text), value);
    }
    return without_parallel_prefix(std::move(tensors));
  }

 private:
  [[noreturn]] void corrupt(const std::string& what) const {
    throw Error(ErrorCode::corrupt, file_.name + ": not a valid file of torch.save: " + what);
  }
  [[noreturn]] void unsupported(const std::string& what) const {
    throw Error(ErrorCode::unsupported, file_.name + ": " + what);
  }

  /// The one folder of the archive, with the slash behind it.
  std::string find_folder() const {
    constexpr std::string_view kPickle = "/data.pkl";
    std::optional<std::string> folder;
    for (const auto& [name, bytes] : entries_) {
      if (!name.ends_with(kPickle) || name.find('/') != name.size() - kPickle.size()) continue;
      if (folder) corrupt("two entries are called data.pkl");
      folder = name.substr(0, name.size() - kPickle.size() + 1);
    }
    if (!folder) {
      unsupported(
          "a zip archive, but none of torch.save: no entry is called NAME/data.pkl. If it is an archive of "
          "weights, unpack it");
    }
    if (entries_.contains(*folder + "constants.pkl")) {
      unsupported(
          "this is a TorchScript program; Fovea reads weights only: save the state_dict() of the module with "
          "torch.save");
    }
    return *folder;
  }

  std::span<const std::byte> entry(const std::string& name) const {
    const auto found = entries_.find(folder_ + name);
    if (found == entries_.end()) corrupt("its entry " + in_quotes(name) + " is missing");
    return found->second;
  }

  bool holds_tensors(const PickleValue& value) const {
    if (value.kind != Kind::dict) return false;
    const auto items = pickle_.items(value);
    for (std::size_t i = 1; i < items.size(); i += 2) {
      if (pickle_[items[i]].kind == Kind::tensor) return true;
    }
    return false;
  }

  /// The items of the dict that holds the weights.
  std::span<const PickleRef> state_dict() const {
    const PickleValue& top = pickle_.top();
    if (top.kind == Kind::tensor) unsupported("it holds a single tensor without a name, expected a state dict");
    if (top.kind != Kind::dict) unsupported("it holds no dict, expected a state dict");
    const auto items = pickle_.items(top);
    for (const std::string_view key : kStateDictKeys) {
      for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
        const bool named = pickle_[items[i]].kind == Kind::text && pickle_[items[i]].text == key;
        if (named && holds_tensors(pickle_[items[i + 1]])) return pickle_.items(pickle_[items[i + 1]]);
      }
    }
    if (!holds_tensors(top)) {
      unsupported(
          "it holds no tensors, neither at the top nor under state_dict, model_state_dict, model, teacher or "
          "student; its keys are " +
          keys_text(items) + ". Save the dict that holds the weights by itself");
    }
    return items;
  }

  std::string keys_text(std::span<const PickleRef> items) const {
    std::string text;
    for (std::size_t i = 0; i < items.size() && i < 2 * kMostShown; i += 2) {
      const PickleValue& key = pickle_[items[i]];
      text += (i == 0 ? "" : ", ") + (key.kind == Kind::text ? in_quotes(key.text) : "(no text)");
    }
    return items.empty() ? "none" : text + (items.size() > 2 * kMostShown ? ", ..." : "");
  }

  /// @param name quoted, for messages
  TensorView read_tensor(const std::string& name, const PickleValue& tensor) {
    const auto arguments = pickle_.items(tensor);
    const bool typed = tensor.global == TorchGlobal::rebuild_tensor_v3;
    if (arguments.size() < (typed ? 7U : 4U)) corrupt("the tensor " + name + " is made of too few values");
    const PickleValue& storage = pickle_[arguments[0]];
    if (storage.kind != Kind::storage) corrupt("the tensor " + name + " has no storage");
    const auto parts = pickle_.items(storage);
    if (parts.size() != 5 || pickle_[parts[0]].text != "storage" || pickle_[parts[1]].kind != Kind::global ||
        pickle_[parts[2]].kind != Kind::text || pickle_[parts[4]].kind != Kind::integer) {
      corrupt("the storage of the tensor " + name + " is not described as torch.save does");
    }
    check_plain(name, arguments.subspan(typed ? 7 : std::min<std::size_t>(6, arguments.size())));
    const DType dtype = dtype_of(name, pickle_[typed ? arguments[6] : parts[1]]);
    const auto bytes = storage_bytes(name, pickle_[parts[2]].text, pickle_[parts[4]].integer,
                                     pickle_[parts[1]].text == "UntypedStorage" ? 1 : size_of(dtype));
    const Layout layout{.shape = integers(name, arguments[2]), .strides = integers(name, arguments[3])};
    return view(name, dtype, bytes, pickle_[arguments[1]], layout);
  }

  /// Tensors that are lazily negated or conjugated carry a note, and their bytes are not their values.
  void check_plain(const std::string& name, std::span<const PickleRef> notes) const {
    if (notes.empty() || pickle_[notes[0]].kind == Kind::none || pickle_.items(pickle_[notes[0]]).empty()) return;
    unsupported("the tensor " + name + " is negated or conjugated; save v.resolve_conj().resolve_neg() instead");
  }

  DType dtype_of(const std::string& name, const PickleValue& type) const {
    if (type.kind != Kind::global) corrupt("the tensor " + name + " has no type");
    const auto dtype = torch_dtype(type.text);
    if (!dtype) {
      unsupported("the tensor " + name + " has the type " + in_quotes(type.text) + "; Fovea reads " +
                  all_dtype_names());
    }
    return *dtype;
  }

  std::span<const std::byte> storage_bytes(const std::string& name, std::string_view key, std::int64_t count,
                                           std::size_t size) const {
    const auto bytes = entry("data/" + std::string(key));
    if (count < 0 || bytes.size() % size != 0 || bytes.size() / size != static_cast<std::uint64_t>(count)) {
      corrupt("the storage of the tensor " + name + " should have " + std::to_string(count) + " values of " +
              std::to_string(size) + " bytes, its entry has " + std::to_string(bytes.size()) + " bytes");
    }
    return bytes;
  }

  std::vector<std::int64_t> integers(const std::string& name, PickleRef ref) const {
    const PickleValue& tuple = pickle_[ref];
    if (tuple.kind != Kind::tuple) corrupt("the shape or strides of the tensor " + name + " are no tuple");
    const auto items = pickle_.items(tuple);
    if (items.size() > kMaxRank) {
      unsupported("the tensor " + name + " has " + std::to_string(items.size()) + " sides; at most " +
                  std::to_string(kMaxRank) + " are read");
    }
    std::vector<std::int64_t> values;
    for (const PickleRef item : items) {
      if (pickle_[item].kind != Kind::integer || pickle_[item].integer < 0) {
        corrupt("the shape or strides of the tensor " + name + " are not integers of at least 0");
      }
      values.push_back(pickle_[item].integer);
    }
    return values;
  }

  TensorView view(const std::string& name, DType dtype, std::span<const std::byte> storage, const PickleValue& offset,
                  const Layout& layout) {
    if (layout.shape.size() != layout.strides.size()) {
      corrupt("the tensor " + name + " has " + std::to_string(layout.shape.size()) + " sides and " +
              std::to_string(layout.strides.size()) + " strides");
    }
    if (offset.kind != Kind::integer || offset.integer < 0) {
      corrupt("the tensor " + name + " does not begin at an integer of at least 0");
    }
    const auto bytes = byte_count(dtype, layout.shape);
    if (!bytes) corrupt("the shape of the tensor " + name + " overflows");
    TensorView result{
        .dtype = dtype, .shape = layout.shape, .bytes = {}, .owner = file_.owner, .is_mapped = file_.is_mapped};
    if (*bytes == 0) return result;
    const std::uint64_t count = storage.size() / size_of(dtype);
    check_reach(name, count, static_cast<std::uint64_t>(offset.integer), layout);
    const auto begin = static_cast<std::size_t>(offset.integer) * size_of(dtype);
    if (layout.is_contiguous()) {
      result.bytes = storage.subspan(begin, *bytes);
      return result;
    }
    if (*bytes > copies_left_) {
      unsupported("its tensors that are not contiguous would take over " + std::to_string(kCopiesOfFile) +
                  " times the file; save contiguous ones: {k: v.contiguous() for k, v in d.items()}");
    }
    copies_left_ -= *bytes;
    auto copy = std::make_shared<std::vector<std::byte>>(*bytes);
    copy_row_major(storage.data() + begin, layout, size_of(dtype), *copy);
    result.bytes = *copy;
    result.owner = std::move(copy);
    result.is_mapped = false;
    return result;
  }

  /// Whether the last element of a tensor is in its storage of `count`. No side is 0.
  void check_reach(const std::string& name, std::uint64_t count, std::uint64_t offset, const Layout& layout) const {
    const auto fail = [&] { corrupt("the tensor " + name + " reaches beyond its storage"); };
    if (offset >= count) fail();
    std::uint64_t room = count - 1 - offset;
    for (std::size_t i = 0; i < layout.shape.size(); ++i) {
      const auto steps = static_cast<std::uint64_t>(layout.shape[i] - 1);
      const auto stride = static_cast<std::uint64_t>(layout.strides[i]);
      if (steps != 0 && stride > room / steps) fail();
      room -= steps * stride;
    }
  }

  static Tensors without_parallel_prefix(Tensors tensors) {
    const bool everywhere = std::all_of(tensors.begin(), tensors.end(),
                                        [](const auto& item) { return item.first.starts_with(kParallelPrefix); });
    if (!everywhere) return tensors;
    Tensors renamed;
    for (auto& [name, tensor] : tensors) renamed.emplace(name.substr(kParallelPrefix.size()), std::move(tensor));
    return renamed;
  }

  const FileBytes& file_;
  ZipEntries entries_;
  std::string folder_;
  Pickle pickle_;
  std::uint64_t copies_left_;
};

constexpr std::size_t kHeadBytes = 4096;
// Of torch.save before 1.6: a pickle of version 2 of the number 0x1950a86a20f9469cfc6c.
constexpr std::string_view kOldMagic("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12);
constexpr std::size_t kTarMagicAt = 257;

bool is_tar(std::string_view head) noexcept {
  return head.size() > kTarMagicAt && head.substr(kTarMagicAt).starts_with("ustar");
}

bool is_pickle(std::string_view head) noexcept {
  return head.size() >= 2 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5;
}

/// A small number in 8 bytes, then JSON: its first bytes may look like those of a pickle.
bool is_safetensors(std::string_view head) noexcept {
  return head.size() > 8 && head[8] == '{' && head.substr(4, 4) == std::string_view("\0\0\0\0", 4);
}

}  // namespace

bool is_old_torch_file(const FileBytes& file) noexcept {
  const auto head = as_text(file.bytes).substr(0, kHeadBytes);
  return !is_zip(file.bytes) && !is_safetensors(head) && (is_tar(head) || is_pickle(head));
}

std::map<std::string, TensorView> read_torch_file(const FileBytes& file) {
  if (!is_old_torch_file(file)) return TorchFile(file).read();
  const auto head = as_text(file.bytes).substr(0, kHeadBytes);
  if (is_tar(head)) refuse_old_form(file.name, OldForm::tar, head);
  refuse_old_form(file.name, head.substr(2).starts_with(kOldMagic) ? OldForm::no_archive : OldForm::bare_pickle, head);
}

}  // namespace fovea::io
