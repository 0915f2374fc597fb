#include "text/configuration_json.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fovea::text {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxKeys = 30'000;
constexpr std::size_t kMaxValues = 200'000;

/// Makes the value of a document as it is read. OrderedJson's own parser looks for each key among all before it.
class Maker : public nlohmann::json_sax<OrderedJson> {
 public:
  /// Why there is no value, to follow the name of the file; empty if there is one.
  const std::string& refusal() const noexcept { return refusal_; }
  OrderedJson take() { return std::move(value_); }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(std::int64_t value) override { return add(value); }
  bool number_unsigned(std::uint64_t value) override { return add(value); }
  bool number_float(double value, const std::string&) override { return add(value); }
  bool string(std::string& value) override { return add(std::move(value)); }
  bool binary(OrderedJson::binary_t&) override { return refuse(": it holds bytes"); }
  bool start_object(std::size_t) override { return open(OrderedJson::object()); }
  bool start_array(std::size_t) override { return open(OrderedJson::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& key) override {
    if (open_.back().value.size() == kMaxKeys) {
      return refuse(": an object has over " + std::to_string(kMaxKeys) + " keys, which no configuration has");
    }
    open_.back().key = std::move(key);
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const OrderedJson::exception& error) override {
    return refuse(" is not valid JSON: " + std::string(error.what()));
  }

 private:
  struct Open {
    OrderedJson value;
    std::string key = {};                                      // of the next value
    std::unordered_map<std::string, std::size_t> places = {};  // of the keys of an object
  };

  bool add(OrderedJson value) {
    if (!count()) return false;
    put(std::move(value));
    return true;
  }

  bool count() {
    return ++count_ <= kMaxValues ||
           refuse(": it has over " + std::to_string(kMaxValues) + " values, which no configuration has");
  }

  void put(OrderedJson value) {
    if (open_.empty()) {
      value_ = std::move(value);
      return;
    }
    auto& [parent, key, places] = open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return;
    }
    auto& items = parent.get_ref<OrderedJson::object_t&>();
    const auto [place, is_new] = places.try_emplace(key, items.size());
    if (is_new)
      items.emplace_back(std::move(key), std::move(value));
    else
      (items.begin() + static_cast<std::ptrdiff_t>(place->second))->second = std::move(value);  // the last one counts
  }

  bool open(OrderedJson empty) {
    if (open_.size() == kMaxDepth) {
      return refuse(": it nests over " + std::to_string(kMaxDepth) +
                    " objects and arrays, which no configuration does");
    }
    if (!count()) return false;
    open_.push_back({.value = std::move(empty)});
    return true;
  }

  bool close() {
    auto value = std::move(open_.back().value);
    open_.pop_back();
    put(std::move(value));
    return true;
  }

  bool refuse(const std::string& why) {
    refusal_ = why;
    return false;
  }

  OrderedJson value_;
  std::vector<Open> open_;  // objects and arrays
  std::size_t count_ = 0;   // of values
  std::string refusal_;
};

}  // namespace

OrderedJson parse_configuration(const std::string& document, const std::string& source) {
  Maker maker;
  OrderedJson::sax_parse(document, &maker);
  if (!maker.refusal().empty()) throw Error(ErrorCode::model, source + maker.refusal());
  return maker.take();
}

}  // namespace fovea::text
