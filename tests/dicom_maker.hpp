/// @file Small DICOM files for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/loader.hpp"

namespace fovea::test {

/// A data set, written element by element in the order of the calls, which must be that of the tags.
class DicomMaker {
 public:
  explicit DicomMaker(bool explicit_vr = true, bool big_endian = false)
      : explicit_vr_(explicit_vr), big_endian_(big_endian) {}

  DicomMaker& number(std::uint32_t tag, unsigned value);                        ///< US
  DicomMaker& text(std::uint32_t tag, std::string_view vr, std::string value);  ///< padded to an even length
  DicomMaker& bytes(std::uint32_t tag, std::string_view vr, std::string_view value);
  /// 16-bit values in the byte order of the data set.
  DicomMaker& words(std::uint32_t tag, std::string_view vr, const std::vector<std::uint16_t>& values);
  DicomMaker& sequence(std::uint32_t tag, const DicomMaker& item);
  DicomMaker& sequence(std::uint32_t tag, const std::vector<DicomMaker>& items);
  /// Encapsulated pixel data; `offsets`: the basic offset table.
  DicomMaker& fragments(const std::vector<std::string>& fragments, const std::vector<std::uint32_t>& offsets = {});

  /// Rows, columns and the rest of the pixel module of grey integers; further elements of group 0028 may follow.
  DicomMaker& grey(int rows, int columns, int bits_allocated, int bits_stored, bool is_signed,
                   std::string_view photometric = "MONOCHROME2", int frames = 1);

  const std::string& data_set() const noexcept { return data_; }
  /// With preamble and meta header.
  Bytes file(std::string_view transfer_syntax) const;

 private:
  void put(std::uint32_t value, int size);
  void header(std::uint32_t tag, std::string_view vr, std::uint32_t length);

  bool explicit_vr_;
  bool big_endian_;
  std::string data_;
};

/// A data set, deflated as the transfer syntax for it wants.
Bytes deflated_file(std::string_view data_set);

}  // namespace fovea::test
