/// @file The transfer syntaxes that Fovea reads.
#pragma once

#include <string>
#include <string_view>

#include "dicom/structure.hpp"

namespace fovea::dicom {

/// How pixel data are coded.
enum class Codec { native, rle, jpeg, jpeg_ls, jpeg_2000 };

struct TransferSyntax {
  std::string_view uid;
  std::string_view name;
  Encoding encoding;
  Codec codec = Codec::native;
  bool deflated = false;
};

/// @throws Error: unsupported, naming the syntax; `file` is used in the message.
const TransferSyntax& find_transfer_syntax(std::string_view uid, const std::string& file);

/// The syntax of a data set without a meta header that says it, from its first element: never a compressed one.
const TransferSyntax& guess_transfer_syntax(std::span<const std::uint8_t> data_set) noexcept;

}  // namespace fovea::dicom
