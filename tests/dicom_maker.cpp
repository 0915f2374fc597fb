#include "dicom_maker.hpp"

#include <zlib.h>

#include <cstddef>
#include <memory>

namespace fovea::test {
namespace {

Bytes as_file(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return std::make_shared<std::vector<std::byte>>(begin, begin + text.size());
}

constexpr std::uint32_t kUndefined = 0xFFFFFFFF;

bool has_long_length(std::string_view vr) { return vr == "OB" || vr == "OW" || vr == "SQ" || vr == "UN" || vr == "OF"; }

std::string meta_header(std::string_view transfer_syntax) {
  DicomMaker meta;
  meta.bytes(0x00020001, "OB", std::string_view("\0\1", 2));
  meta.text(0x00020010, "UI", std::string(transfer_syntax));
  return std::string(128, '\0') + "DICM" + meta.data_set();
}

}  // namespace

void DicomMaker::put(std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) {
    data_.push_back(static_cast<char>(value >> (8 * (big_endian_ ? size - 1 - i : i))));
  }
}

void DicomMaker::header(std::uint32_t tag, std::string_view vr, std::uint32_t length) {
  put(tag >> 16, 2);
  put(tag & 0xFFFF, 2);
  const bool has_vr = explicit_vr_ && tag >> 16 != 0xFFFE;
  if (has_vr) data_ += vr;
  if (has_vr && has_long_length(vr)) put(0, 2);
  put(length, has_vr && !has_long_length(vr) ? 2 : 4);
}

DicomMaker& DicomMaker::number(std::uint32_t tag, unsigned value) {
  header(tag, "US", 2);
  put(value, 2);
  return *this;
}

DicomMaker& DicomMaker::text(std::uint32_t tag, std::string_view vr, std::string value) {
  if (value.size() % 2 != 0) value.push_back(vr == "UI" ? '\0' : ' ');
  return bytes(tag, vr, value);
}

DicomMaker& DicomMaker::bytes(std::uint32_t tag, std::string_view vr, std::string_view value) {
  header(tag, vr, static_cast<std::uint32_t>(value.size()));
  data_ += value;
  return *this;
}

DicomMaker& DicomMaker::words(std::uint32_t tag, std::string_view vr, const std::vector<std::uint16_t>& values) {
  header(tag, vr, static_cast<std::uint32_t>(2 * values.size()));
  for (const auto value : values) put(value, 2);
  return *this;
}

DicomMaker& DicomMaker::sequence(std::uint32_t tag, const DicomMaker& item) { return sequence(tag, std::vector{item}); }

DicomMaker& DicomMaker::sequence(std::uint32_t tag, const std::vector<DicomMaker>& items) {
  header(tag, "SQ", kUndefined);
  for (const auto& item : items) {
    header(0xFFFEE000, "", kUndefined);
    data_ += item.data_;
    header(0xFFFEE00D, "", 0);
  }
  header(0xFFFEE0DD, "", 0);
  return *this;
}

DicomMaker& DicomMaker::fragments(const std::vector<std::string>& fragments,
                                  const std::vector<std::uint32_t>& offsets) {
  header(0x7FE00010, "OB", kUndefined);
  header(0xFFFEE000, "", static_cast<std::uint32_t>(4 * offsets.size()));
  for (const auto offset : offsets) put(offset, 4);
  for (const auto& fragment : fragments) {
    header(0xFFFEE000, "", static_cast<std::uint32_t>(fragment.size()));
    data_ += fragment;
  }
  header(0xFFFEE0DD, "", 0);
  return *this;
}

DicomMaker& DicomMaker::grey(int rows, int columns, int bits_allocated, int bits_stored, bool is_signed,
                             std::string_view photometric, int frames) {
  number(0x00280002, 1);
  text(0x00280004, "CS", std::string(photometric));
  if (frames != 1) text(0x00280008, "IS", std::to_string(frames));
  number(0x00280010, static_cast<unsigned>(rows));
  number(0x00280011, static_cast<unsigned>(columns));
  number(0x00280100, static_cast<unsigned>(bits_allocated));
  number(0x00280101, static_cast<unsigned>(bits_stored));
  number(0x00280102, static_cast<unsigned>(bits_stored - 1));
  return number(0x00280103, is_signed ? 1 : 0);
}

Bytes DicomMaker::file(std::string_view transfer_syntax) const { return as_file(meta_header(transfer_syntax) + data_); }

Bytes deflated_file(std::string_view data_set) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, data_set.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data_set.data()));
  stream.avail_in = static_cast<uInt>(data_set.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return as_file(meta_header("1.2.840.10008.1.2.1.99") + out);
}

}  // namespace fovea::test
