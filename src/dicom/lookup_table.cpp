#include "dicom/lookup_table.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcitem.h>

#include "dicom/values.hpp"

namespace fovea::dicom {
namespace {

class SegmentExpansion {
 public:
  explicit SegmentExpansion(const std::vector<unsigned>& data) : data_(data) {}

  std::vector<unsigned> run() {
    std::size_t position = 0;
    while (position + 1 < data_.size() && entries_.size() < kMost) {
      const auto next = segment(position, /*may_repeat=*/true);
      if (next == position) break;
      position = next;
    }
    return std::move(entries_);
  }

 private:
  static constexpr std::size_t kMost = 65536;

  /// @returns the position behind the segment; the same one when it is damaged.
  std::size_t segment(std::size_t position, bool may_repeat) {
    if (position + 2 >= data_.size()) return position;
    const auto kind = data_[position];
    const std::size_t length = data_[position + 1];
    if (kind == 0) return discrete(position, length);
    if (kind == 1) {
      line(length, data_[position + 2]);
      return position + 3;
    }
    if (kind != 2 || !may_repeat || position + 3 >= data_.size()) return position;
    std::size_t from = data_[position + 2] | static_cast<std::size_t>(data_[position + 3]) << 16;
    for (std::size_t i = 0; i < length && entries_.size() < kMost; ++i) {
      const auto next = segment(from, /*may_repeat=*/false);
      if (next == from) return position;
      from = next;
    }
    return position + 4;
  }

  std::size_t discrete(std::size_t position, std::size_t length) {
    if (position + 2 + length > data_.size()) return position;
    for (std::size_t i = 0; i < length && entries_.size() < kMost; ++i) entries_.push_back(data_[position + 2 + i]);
    return position + 2 + length;
  }

  void line(std::size_t length, unsigned end) {
    const double start = entries_.empty() ? end : entries_.back();
    for (std::size_t i = 1; i <= length && entries_.size() < kMost; ++i) {
      const double at = start + (end - start) * static_cast<double>(i) / static_cast<double>(length);
      entries_.push_back(static_cast<unsigned>(std::lround(at)));
    }
  }

  const std::vector<unsigned>& data_;
  std::vector<unsigned> entries_;
};

}  // namespace

double LookupTable::operator()(double value) const {
  const auto index = std::clamp(std::round(value) - first, 0.0, static_cast<double>(entries.size() - 1));
  return entries[static_cast<std::size_t>(index)];
}

std::optional<LookupTable> read_lookup_table(DcmItem& item, const DcmTagKey& descriptor_tag, const DcmTagKey& data_tag,
                                             bool is_signed) {
  const auto descriptor = numbers(item, descriptor_tag);
  if (descriptor.size() != 3) return std::nullopt;
  LookupTable lut;
  // The first two are 16 bits of whatever sign the file's writer chose.
  const auto unsigned_16 = [](double value) { return value < 0 ? value + 65536 : value; };
  const auto count = unsigned_16(descriptor[0]) == 0 ? 65536.0 : unsigned_16(descriptor[0]);
  lut.first = unsigned_16(descriptor[1]);
  if (is_signed && lut.first >= 32768) lut.first -= 65536;
  lut.bits = static_cast<int>(std::clamp(descriptor[2], 1.0, 16.0));
  lut.entries = words(item, data_tag);
  if (lut.bits == 8 && static_cast<double>(lut.entries.size()) * 2 >= count &&
      static_cast<double>(lut.entries.size()) < count) {
    std::vector<unsigned> bytes;  // two entries a word
    for (const unsigned word : lut.entries) {
      bytes.push_back(word & 0xFF);
      bytes.push_back(word >> 8);
    }
    lut.entries = std::move(bytes);
  }
  if (static_cast<double>(lut.entries.size()) > count) lut.entries.resize(static_cast<std::size_t>(count));
  if (lut.entries.empty()) return std::nullopt;
  return lut;
}

std::vector<unsigned> expand_segments(const std::vector<unsigned>& data) { return SegmentExpansion(data).run(); }

}  // namespace fovea::dicom
