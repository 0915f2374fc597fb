#include "text/configuration_json.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fovea::text {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxKeys = 30'000;
constexpr std::size_t kMaxValues = 200'000;

/// Measures a document without keeping anything of it.
class Measure : public nlohmann::json_sax<OrderedJson> {
 public:
  /// Why the document is refused; empty if it is not.
  const std::string& refusal() const noexcept { return refusal_; }

  bool null() override { return count(); }
  bool boolean(bool) override { return count(); }
  bool number_integer(std::int64_t) override { return count(); }
  bool number_unsigned(std::uint64_t) override { return count(); }
  bool number_float(double, const std::string&) override { return count(); }
  bool string(std::string&) override { return count(); }
  bool binary(OrderedJson::binary_t&) override { return count(); }
  bool start_object(std::size_t) override { return open(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string&) override {
    return ++keys_.back() <= kMaxKeys || refuse("an object has over " + std::to_string(kMaxKeys) + " keys");
  }
  bool parse_error(std::size_t, const std::string&, const OrderedJson::exception&) override {
    return false;  // parsing it says what is wrong
  }

 private:
  bool count() { return ++values_ <= kMaxValues || refuse("it has over " + std::to_string(kMaxValues) + " values"); }

  bool open() {
    if (keys_.size() == kMaxDepth) {
      return refuse("it nests over " + std::to_string(kMaxDepth) + " objects and arrays");
    }
    keys_.push_back(0);
    return count();
  }

  bool close() {
    keys_.pop_back();
    return true;
  }

  bool refuse(const std::string& why) {
    refusal_ = why;
    return false;
  }

  std::vector<std::size_t> keys_;  // of the objects that are open; 0 for an array
  std::size_t values_ = 0;
  std::string refusal_;
};

}  // namespace

OrderedJson parse_configuration(const std::string& document, const std::string& source) {
  Measure measure;
  OrderedJson::sax_parse(document, &measure);
  if (!measure.refusal().empty()) {
    throw Error(ErrorCode::model, source + ": " + measure.refusal() + ", which no configuration does");
  }
  try {
    return OrderedJson::parse(document);
  } catch (const OrderedJson::exception& e) {
    throw Error(ErrorCode::model, source + " is not valid JSON: " + e.what());
  }
}

}  // namespace fovea::text
