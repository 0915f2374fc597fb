#include "dicom/transfer_syntax.hpp"

#include <algorithm>
#include <array>

#include "fovea/error.hpp"
#include "io/byte_order.hpp"

namespace fovea::dicom {
namespace {

constexpr Encoding kImplicit{.explicit_vr = false, .big_endian = false};
constexpr Encoding kExplicit{.explicit_vr = true, .big_endian = false};
constexpr Encoding kBigEndian{.explicit_vr = true, .big_endian = true};

// PS3.6, table A-1.
constexpr std::array kSyntaxes{
    TransferSyntax{"1.2.840.10008.1.2", "Implicit VR Little Endian", kImplicit},
    TransferSyntax{"1.2.840.10008.1.2.1", "Explicit VR Little Endian", kExplicit},
    TransferSyntax{"1.2.840.10008.1.2.2", "Explicit VR Big Endian", kBigEndian},
    TransferSyntax{"1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", kExplicit, Codec::native, true},
    TransferSyntax{"1.2.840.10008.1.2.5", "RLE Lossless", kExplicit, Codec::rle},
    TransferSyntax{"1.2.840.10008.1.2.4.50", "JPEG Baseline", kExplicit, Codec::jpeg},
    TransferSyntax{"1.2.840.10008.1.2.4.51", "JPEG Extended", kExplicit, Codec::jpeg},
    TransferSyntax{"1.2.840.10008.1.2.4.53", "JPEG Spectral Selection", kExplicit, Codec::jpeg},
    TransferSyntax{"1.2.840.10008.1.2.4.55", "JPEG Full Progression", kExplicit, Codec::jpeg},
    TransferSyntax{"1.2.840.10008.1.2.4.57", "JPEG Lossless", kExplicit, Codec::jpeg},
    TransferSyntax{"1.2.840.10008.1.2.4.70", "JPEG Lossless SV1", kExplicit, Codec::jpeg},
    TransferSyntax{"1.2.840.10008.1.2.4.80", "JPEG-LS Lossless", kExplicit, Codec::jpeg_ls},
    TransferSyntax{"1.2.840.10008.1.2.4.81", "JPEG-LS Near-Lossless", kExplicit, Codec::jpeg_ls},
    TransferSyntax{"1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless", kExplicit, Codec::jpeg_2000},
    TransferSyntax{"1.2.840.10008.1.2.4.91", "JPEG 2000", kExplicit, Codec::jpeg_2000},
    TransferSyntax{"1.2.840.10008.1.2.4.201", "HTJ2K Lossless", kExplicit, Codec::jpeg_2000},
    TransferSyntax{"1.2.840.10008.1.2.4.202", "HTJ2K Lossless RPCL", kExplicit, Codec::jpeg_2000},
    TransferSyntax{"1.2.840.10008.1.2.4.203", "HTJ2K", kExplicit, Codec::jpeg_2000},
};

const TransferSyntax& of(const Encoding& encoding) {
  return kSyntaxes[encoding.big_endian ? 2 : encoding.explicit_vr ? 1 : 0];
}

bool is_letter(std::uint8_t c) { return c >= 'A' && c <= 'Z'; }

}  // namespace

const TransferSyntax& find_transfer_syntax(std::string_view uid, const std::string& file) {
  const auto* found =
      std::find_if(kSyntaxes.begin(), kSyntaxes.end(), [&](const TransferSyntax& syntax) { return syntax.uid == uid; });
  if (found != kSyntaxes.end()) return *found;
  throw Error(ErrorCode::unsupported, file + ": DICOM file in a transfer syntax that Fovea does not read: " +
                                          (uid.empty() ? "none" : std::string(uid)));
}

const TransferSyntax& guess_transfer_syntax(std::span<const std::uint8_t> data_set) noexcept {
  const auto little = io::uint_at(data_set, 0, 2, io::ByteOrder::little).value_or(0);
  const auto big = io::uint_at(data_set, 0, 2, io::ByteOrder::big).value_or(0);
  const bool has_vr = data_set.size() >= 8 && is_letter(data_set[4]) && is_letter(data_set[5]);
  return of({.explicit_vr = has_vr, .big_endian = has_vr && big < little});
}

}  // namespace fovea::dicom
