#include "io/pickle.hpp"

#include <limits>
#include <optional>
#include <utility>

#include "fovea/error.hpp"
#include "io/message_text.hpp"
#include "io/torch_refusal.hpp"

namespace fovea::io {
namespace {

using Kind = PickleValue::Kind;

constexpr std::size_t kMaxBytes = 32'000'000;  // of the largest models: under one million
constexpr std::size_t kMaxValues = 3'000'000;  // of the largest models: about a hundred thousand
constexpr std::size_t kMaxItems = 2 * kMaxValues;
constexpr std::size_t kMaxMarks = 10'000;  // that are open at once; of models: as many as dicts and tuples nest
constexpr std::size_t kFreeMemos = 256;    // beside one for each value

/// Operations, by their names in pickletools.py.
enum class Op : std::uint8_t {
  mark = '(',
  stop = '.',
  pop = '0',
  pop_mark = '1',
  binint = 'J',
  binint1 = 'K',
  binint2 = 'M',
  none = 'N',
  binpersid = 'Q',
  reduce = 'R',
  binunicode = 'X',
  append = 'a',
  build = 'b',
  global = 'c',
  empty_dict = '}',
  appends = 'e',
  binget = 'h',
  long_binget = 'j',
  empty_list = ']',
  binput = 'q',
  long_binput = 'r',
  setitem = 's',
  tuple = 't',
  empty_tuple = ')',
  setitems = 'u',
  binfloat = 'G',
  binbytes = 'B',
  short_binbytes = 'C',
  proto = 0x80,
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  new_true = 0x88,
  new_false = 0x89,
  long1 = 0x8a,
  long4 = 0x8b,
  short_binunicode = 0x8c,
  binunicode8 = 0x8d,
  stack_global = 0x93,
  memoize = 0x94,
  frame = 0x95
};

}  // namespace

/// Runs the operations of a pickle.
class PickleReader {
 public:
  PickleReader(std::span<const std::byte> bytes, const std::string& file, Pickle* pickle)
      : bytes_(bytes), file_(file), values_(pickle->values_), items_(pickle->items_) {}

  PickleRef read() {
    if (bytes_.size() > kMaxBytes) {
      unsupported("its table of tensors has " + std::to_string(bytes_.size()) + " bytes; at most " +
                  std::to_string(kMaxBytes) + " are read");
    }
    none_ = add({});
    empty_tuple_ = add({.kind = Kind::tuple});
    while (true) {
      const auto op = static_cast<Op>(number(1));
      if (op == Op::stop) break;
      run(op);
    }
    const PickleRef top = take();
    if (!stack_.empty() || !marks_.empty()) corrupt("values are left over at its end");
    return top;
  }

 private:
  [[noreturn]] void corrupt(const std::string& what) const {
    throw Error(ErrorCode::corrupt, file_ + ": not a valid file of torch.save: in its pickle, at byte " +
                                        std::to_string(at_) + ", " + what);
  }
  [[noreturn]] void unsupported(const std::string& what) const {
    throw Error(ErrorCode::unsupported, file_ + ": " + what);
  }

  void run(Op op) {
    switch (op) {
      case Op::proto:
        if (const auto version = number(1); version > 5)
          unsupported("it is a pickle of version " + std::to_string(version));
        return;
      case Op::frame:
        if (number(8) > bytes_.size() - at_) corrupt("a frame would end outside");
        return;
      case Op::none:
        return push(none_);
      case Op::new_true:
        return push_integer(1);
      case Op::new_false:
        return push_integer(0);
      case Op::binint:
        return push_integer(static_cast<std::int32_t>(number(4)));
      case Op::binint1:
        return push_integer(static_cast<std::int64_t>(number(1)));
      case Op::binint2:
        return push_integer(static_cast<std::int64_t>(number(2)));
      case Op::long1:
        return push_long(number(1));
      case Op::long4:
        return push_long(number(4));
      case Op::binfloat:
        return push_other(8);
      case Op::binbytes:
        return push_other(number(4));
      case Op::short_binbytes:
        return push_other(number(1));
      case Op::binunicode:
        return push_text(number(4));
      case Op::short_binunicode:
        return push_text(number(1));
      case Op::binunicode8:
        return push_text(number(8));
      case Op::empty_list:
        return push(add({.kind = Kind::list}));
      case Op::empty_dict:
        return push(add({.kind = Kind::dict}));
      case Op::empty_tuple:
        return push(empty_tuple_);
      default:
        return run_on_stack(op);
    }
  }

  /// Operations that take from the stack.
  void run_on_stack(Op op) {
    switch (op) {
      case Op::mark:
        if (marks_.size() == kMaxMarks) corrupt("over " + std::to_string(kMaxMarks) + " marks are open");
        return marks_.push_back(stack_.size());
      case Op::pop:
        return static_cast<void>(take());
      case Op::pop_mark:
        return static_cast<void>(take_to_mark());
      case Op::tuple:
        return push_tuple(take_to_mark());
      case Op::tuple1:
        return push_tuple(take_last(1));
      case Op::tuple2:
        return push_tuple(take_last(2));
      case Op::tuple3:
        return push_tuple(take_last(3));
      case Op::append:
        return extend(Kind::list, take_last(1));
      case Op::appends:
        return extend(Kind::list, take_to_mark());
      case Op::setitem:
        return extend(Kind::dict, take_last(2));
      case Op::setitems:
        return extend(Kind::dict, take_to_mark());
      case Op::binput:
        return put(number(1));
      case Op::long_binput:
        return put(number(4));
      case Op::memoize:
        return put(memo_count_);
      case Op::binget:
        return get(number(1));
      case Op::long_binget:
        return get(number(4));
      case Op::global:
        return run_global();
      case Op::stack_global:
        return run_stack_global();
      case Op::reduce:
        return run_reduce();
      case Op::build:
        return run_build();
      case Op::binpersid:
        return run_persistent_id();
      default:
        break;
    }
    --at_;
    unsupported("its pickle uses operation " + std::to_string(static_cast<int>(op)) + " (byte " + std::to_string(at_) +
                "), which no state dict needs; save the state_dict() of the module with torch.save");
  }

  /// The next unsigned number of `size` bytes.
  std::uint64_t number(std::size_t size) {
    const auto digits = text(size);
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8U | static_cast<unsigned char>(digits[i]);
    return value;
  }

  std::string_view text(std::uint64_t size) {
    if (size > bytes_.size() - at_) corrupt("it ends early");
    const std::string_view result(reinterpret_cast<const char*>(bytes_.data()) + at_, size);
    at_ += size;
    return result;
  }

  std::string_view text_line() {
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + at_, bytes_.size() - at_);
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) corrupt("a name does not end");
    at_ += end + 1;
    return rest.substr(0, end);
  }

  PickleRef add(const PickleValue& value) {
    if (values_.size() >= kMaxValues) {
      unsupported("its table of tensors has over " + std::to_string(kMaxValues) + " values");
    }
    values_.push_back(value);
    return static_cast<PickleRef>(values_.size() - 1);
  }

  void push(PickleRef ref) {
    if (stack_.size() == kMaxValues) corrupt("over " + std::to_string(kMaxValues) + " values are on its stack");
    stack_.push_back(ref);
  }

  void push_integer(std::int64_t value) { push(add({.kind = Kind::integer, .integer = value})); }
  void push_text(std::uint64_t size) { push(add({.kind = Kind::text, .text = text(size)})); }

  void push_other(std::uint64_t size) {
    static_cast<void>(text(size));
    push(add({.kind = Kind::other}));
  }

  /// An integer of `size` bytes with a sign.
  void push_long(std::uint64_t size) {
    if (size > 8) return push_other(size);
    const auto digits = text(size);
    const bool negative = !digits.empty() && static_cast<signed char>(digits.back()) < 0;
    std::uint64_t value = negative ? std::numeric_limits<std::uint64_t>::max() : 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8U | static_cast<unsigned char>(digits[i]);
    push_integer(static_cast<std::int64_t>(value));
  }

  void push_tuple(std::vector<PickleRef> items) {
    if (items.empty()) return push(empty_tuple_);
    push(add({.kind = Kind::tuple, .items = add_items(std::move(items))}));
  }

  std::uint32_t add_items(std::vector<PickleRef> items) {
    count_items(items.size());
    items_.push_back(std::move(items));
    return static_cast<std::uint32_t>(items_.size() - 1);
  }

  void count_items(std::size_t more) {
    item_count_ += more;
    if (item_count_ > kMaxItems) {
      unsupported("its table of tensors has containers with over " + std::to_string(kMaxItems) + " items");
    }
  }

  /// Where the stack may be taken from: not below the last mark.
  std::size_t floor() const noexcept { return marks_.empty() ? 0 : marks_.back(); }

  PickleRef take() { return take_last(1).front(); }

  std::vector<PickleRef> take_last(std::size_t count) {
    if (stack_.size() - floor() < count) corrupt("an operation lacks its values");
    const auto begin = stack_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<PickleRef> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    return items;
  }

  std::vector<PickleRef> take_to_mark() {
    if (marks_.empty()) corrupt("an operation lacks its mark");
    auto items = take_last(stack_.size() - floor());
    marks_.pop_back();
    return items;
  }

  PickleValue& last() {
    if (stack_.size() == floor()) corrupt("an operation lacks its values");
    return values_[stack_.back()];
  }

  /// Appends to the list or dict on the stack.
  void extend(Kind kind, const std::vector<PickleRef>& more) {
    PickleValue& value = last();
    if (value.kind != kind)
      corrupt(kind == Kind::list ? "what is appended to is no list" : "what is filled is no dict");
    if (kind == Kind::dict && more.size() % 2 != 0) corrupt("a key has no value");
    if (more.empty()) return;
    count_items(more.size());
    if (value.items == 0) value.items = add_items({});
    auto& items = items_[value.items];
    items.insert(items.end(), more.begin(), more.end());
  }

  void put(std::uint64_t slot) {
    if (slot >= values_.size() + kFreeMemos) corrupt("a memo has the number " + std::to_string(slot));
    static_cast<void>(last());
    if (slot >= memo_.size()) memo_.resize(slot + 1);
    if (!memo_[slot]) ++memo_count_;
    memo_[slot] = stack_.back();
  }

  void get(std::uint64_t slot) {
    if (slot >= memo_.size() || !memo_[slot]) corrupt("the memo " + std::to_string(slot) + " was never made");
    push(*memo_[slot]);
  }

  void run_global() {
    const auto module = text_line();
    push_global(module, text_line());
  }

  void run_stack_global() {
    const auto names = take_last(2);
    const PickleValue& module = values_[names[0]];
    const PickleValue& name = values_[names[1]];
    if (module.kind != Kind::text || name.kind != Kind::text) corrupt("a name is not text");
    push_global(module.text, name.text);
  }

  void push_global(std::string_view module, std::string_view name) {
    const auto known = torch_global(module, name);
    if (!known) refuse_global(file_, module, name);
    push(add({.kind = Kind::global, .global = *known, .text = name}));
  }

  /// What a call of one of the known functions makes.
  void run_reduce() {
    const auto call = take_last(2);
    const PickleValue function = values_[call[0]];
    const PickleValue arguments = values_[call[1]];
    if (function.kind != Kind::global || arguments.kind != Kind::tuple) corrupt("what is called is no function");
    const auto& items = items_[arguments.items];
    switch (function.global) {
      case TorchGlobal::ordered_dict:
        if (!items.empty()) corrupt("a dict is made of something");
        return push(add({.kind = Kind::dict}));
      case TorchGlobal::rebuild_tensor:
      case TorchGlobal::rebuild_tensor_v3:
        return push(add({.kind = Kind::tensor, .global = function.global, .items = arguments.items}));
      case TorchGlobal::rebuild_parameter:
        if (items.empty() || values_[items[0]].kind != Kind::tensor) corrupt("a parameter is made of no tensor");
        return push(items[0]);
      case TorchGlobal::size:
        if (items.size() != 1 || values_[items[0]].kind != Kind::tuple) corrupt("a size is made of no tuple");
        return push(items[0]);
      case TorchGlobal::storage:
      case TorchGlobal::dtype:
        break;
    }
    corrupt("the type " + in_quotes(function.text) + " is called");
  }

  /// Attributes, which an OrderedDict of a module has; weights are not among them.
  void run_build() {
    static_cast<void>(take());
    if (last().kind != Kind::dict) corrupt("attributes are set of what is no dict");
  }

  void run_persistent_id() {
    const PickleValue id = values_[take()];
    if (id.kind != Kind::tuple) corrupt("a storage is not named by a tuple");
    push(add({.kind = Kind::storage, .items = id.items}));
  }

  std::span<const std::byte> bytes_;
  const std::string& file_;
  std::deque<PickleValue>& values_;
  std::deque<std::vector<PickleRef>>& items_;
  std::size_t at_ = 0;
  std::vector<PickleRef> stack_;
  std::vector<std::size_t> marks_;
  std::vector<std::optional<PickleRef>> memo_;
  std::size_t memo_count_ = 0;
  std::size_t item_count_ = 0;  // of all containers
  PickleRef none_ = 0;
  PickleRef empty_tuple_ = 0;
};

Pickle::Pickle(std::span<const std::byte> bytes, const std::string& file) {
  top_ = PickleReader(bytes, file, this).read();
}

}  // namespace fovea::io
