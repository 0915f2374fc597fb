#include "io/safetensors_header.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "fovea/error.hpp"
#include "io/message_text.hpp"

namespace fovea::io {
namespace {

using Json = nlohmann::json;

/// What is said of one tensor.
struct Entry {
  std::optional<std::string> dtype;
  std::optional<std::vector<std::uint64_t>> shape;
  std::optional<std::vector<std::uint64_t>> offsets;
};

/// Takes the header as nlohmann::json meets it: {NAME: {KEY: "text" or [numbers]}}, nested no deeper.
class HeaderReader : public nlohmann::json_sax<Json> {
 public:
  HeaderReader(const FileBytes& file, std::span<const std::byte> data) : file_(file), data_(data) {}

  SafetensorsHeader take() && { return std::move(header_); }

  bool start_object(std::size_t) override {
    if (++depth_ == 1) return is_object_ = true;
    if (depth_ == 2) {
      entry_ = {};
      return true;
    }
    wrong_type();
  }

  bool key(std::string& name) override {
    if (depth_ == 1) {
      name_ = name;
      key_.clear();
      const bool is_new =
          name == kMetadata ? !std::exchange(has_metadata_, true) : header_.tensors.try_emplace(name).second;
      if (!is_new) corrupt("the name " + in_quotes(name) + " occurs twice");
    } else {
      key_ = name;
    }
    return true;
  }

  bool end_object() override {
    if (depth_-- == 2 && name_ != kMetadata) header_.tensors[name_] = tensor();
    return true;
  }

  bool start_array(std::size_t) override {
    ++depth_;
    if (depth_ != 3 || name_ == kMetadata) wrong_type();
    numbers_.clear();
    return true;
  }

  bool end_array() override {
    --depth_;
    if (key_ == "shape") set(&entry_.shape, numbers_);
    if (key_ == "data_offsets") set(&entry_.offsets, numbers_);
    return true;
  }

  bool string(std::string& value) override {
    if (depth_ != 2) wrong_type();
    if (name_ == kMetadata) {
      if (!header_.metadata.emplace(key_, value).second) corrupt("the name " + in_quotes(key_) + " occurs twice");
    } else if (key_ == "dtype") {
      set(&entry_.dtype, value);
    } else if (key_ == "shape" || key_ == "data_offsets") {
      wrong_type();
    }
    return true;
  }

  bool number_unsigned(std::uint64_t value) override {
    if (depth_ != 3) return scalar();
    // Of a longer shape the number of sides is what matters.
    if (numbers_.size() > kMaxRank) fail("has over " + std::to_string(kMaxRank) + " numbers in " + in_quotes(key_));
    numbers_.push_back(value);
    return true;
  }

  bool null() override { return scalar(); }
  bool boolean(bool) override { return scalar(); }
  bool binary(Json::binary_t&) override { return scalar(); }
  bool number_integer(std::int64_t value) override { return other_number(std::to_string(value)); }
  bool number_float(double, const std::string& text) override { return other_number(text); }

  bool parse_error(std::size_t byte, const std::string&, const Json::exception&) override {
    corrupt("its header is not JSON: there is a mistake at byte " + std::to_string(byte));
  }

 private:
  static constexpr std::string_view kMetadata = "__metadata__";

  [[noreturn]] void corrupt(const std::string& what) const {
    throw Error(ErrorCode::corrupt, file_.name + ": not a valid safetensors file: " + what);
  }
  [[noreturn]] void fail(const std::string& what) const { corrupt("tensor " + in_quotes(name_) + ": " + what); }

  [[noreturn]] void wrong_type() const {
    if (!is_object_) corrupt("its header is not a JSON object");
    if (name_ == kMetadata) {
      corrupt(key_.empty() ? "__metadata__ is not an object" : "__metadata__." + key_ + " is not a string");
    }
    if (depth_ == 1) fail("needs dtype, shape and data_offsets");
    fail("dtype, shape or data_offsets has the wrong type");
  }

  /// A value that stands for nothing here: fields that are not known may have any.
  bool scalar() const {
    if (depth_ != 2 || name_ == kMetadata || key_ == "dtype" || key_ == "shape" || key_ == "data_offsets") wrong_type();
    return true;
  }

  bool other_number(const std::string& text) const {
    if (depth_ == 3) fail(key_ + " holds " + text.substr(0, 40) + ", expected integers of at least 0");
    return scalar();
  }

  template <typename Value>
  void set(std::optional<Value>* field, const Value& value) const {
    if (field->has_value()) fail(in_quotes(key_) + " occurs twice");
    *field = value;
  }

  TensorView tensor() const {
    if (!entry_.dtype || !entry_.shape || !entry_.offsets) fail("needs dtype, shape and data_offsets");
    const auto dtype = dtype_named(*entry_.dtype);
    if (!dtype) {
      throw Error(ErrorCode::unsupported, file_.name + ": tensor " + in_quotes(name_) + " has dtype " +
                                              in_quotes(*entry_.dtype) + "; Fovea reads " + all_dtype_names());
    }
    if (entry_.offsets->size() != 2) fail("dtype, shape or data_offsets has the wrong type");
    if (entry_.shape->size() > kMaxRank) fail("has over " + std::to_string(kMaxRank) + " sides");
    TensorView view{.dtype = *dtype, .shape = {}, .bytes = {}, .owner = file_.owner, .is_mapped = file_.is_mapped};
    for (const std::uint64_t side : *entry_.shape) {
      if (side > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) fail("its shape overflows");
      view.shape.push_back(static_cast<std::int64_t>(side));
    }
    const auto bytes = byte_count(*dtype, view.shape);
    if (!bytes) fail("its shape overflows");
    const std::uint64_t begin = entry_.offsets->front();
    const std::uint64_t end = entry_.offsets->back();
    if (begin > end || end > data_.size()) {
      fail("data_offsets " + std::to_string(begin) + " to " + std::to_string(end) + " lie outside the " +
           std::to_string(data_.size()) + " bytes of data");
    }
    if (end - begin != *bytes) {
      fail("data_offsets hold " + std::to_string(end - begin) + " bytes, but dtype and shape need " +
           std::to_string(*bytes));
    }
    view.bytes = data_.subspan(begin, *bytes);
    return view;
  }

  const FileBytes& file_;
  std::span<const std::byte> data_;
  SafetensorsHeader header_;
  int depth_ = 0;
  bool is_object_ = false;
  bool has_metadata_ = false;
  std::string name_;  // of the tensor
  std::string key_;   // what is said of it
  Entry entry_;
  std::vector<std::uint64_t> numbers_;
};

}  // namespace

SafetensorsHeader read_safetensors_header(const FileBytes& file, std::string_view header,
                                          std::span<const std::byte> data) {
  HeaderReader reader(file, data);
  Json::sax_parse(header, &reader);
  return std::move(reader).take();
}

}  // namespace fovea::io
