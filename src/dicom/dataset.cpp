#include "dicom/dataset.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcsequen.h>

#include "dicom/dicom_reader.hpp"
#include "dicom/inflate.hpp"
#include "dicom/values.hpp"
#include "fovea/error.hpp"
#include "io/byte_order.hpp"

namespace fovea::dicom {
namespace {

using io::ByteOrder;
using io::uint_at;

constexpr std::size_t kPreamble = 128;

/// The meta header: where the data set behind it begins, and its transfer syntax.
struct MetaHeader {
  std::size_t end = 0;
  std::string transfer_syntax;  ///< empty: not said
};

/// Walks the elements of group 0002, which are explicit VR little endian. Its stated length is often wrong and not
/// used.
MetaHeader read_meta_header(std::span<const std::uint8_t> bytes, std::size_t offset) {
  MetaHeader meta{.end = offset, .transfer_syntax = {}};
  while (uint_at(bytes, meta.end, 2, ByteOrder::little) == 0x0002U) {
    const auto element = uint_at(bytes, meta.end + 2, 2, ByteOrder::little);
    const auto vr = uint_at(bytes, meta.end + 4, 2, ByteOrder::big).value_or(0);
    const bool is_long = vr == 0x4F42 || vr == 0x554E;  // OB, UN
    const auto length = is_long ? uint_at(bytes, meta.end + 8, 4, ByteOrder::little)
                                : uint_at(bytes, meta.end + 6, 2, ByteOrder::little);
    const auto value = meta.end + (is_long ? 12 : 8);
    if (!length || value > bytes.size() || *length > bytes.size() - value) break;
    if (element == 0x0010U) {
      std::string_view uid(reinterpret_cast<const char*>(bytes.data()) + value, *length);
      meta.transfer_syntax = uid.substr(0, uid.find_last_not_of(std::string_view(" \0", 2)) + 1);
    }
    meta.end = value + *length;
  }
  return meta;
}

E_TransferSyntax for_dcmtk(const Encoding& encoding) {
  if (encoding.big_endian) return EXS_BigEndianExplicit;
  return encoding.explicit_vr ? EXS_LittleEndianExplicit : EXS_LittleEndianImplicit;
}

}  // namespace

bool has_dicom_mark(std::span<const std::uint8_t> bytes) noexcept {
  return bytes.size() >= kPreamble + 4 && bytes[128] == 'D' && bytes[129] == 'I' && bytes[130] == 'C' &&
         bytes[131] == 'M';
}

bool begins_like_dicom(std::span<const std::uint8_t> bytes) noexcept {
  if (bytes.size() < 16) return false;
  // A first element of the groups 0002 or 0008, of small length.
  const auto& syntax = guess_transfer_syntax(bytes);
  const auto order = syntax.encoding.big_endian ? ByteOrder::big : ByteOrder::little;
  const auto group = *uint_at(bytes, 0, 2, order), element = *uint_at(bytes, 2, 2, order);
  const auto length =
      (syntax.encoding.explicit_vr ? uint_at(bytes, 6, 2, order) : uint_at(bytes, 4, 4, order)).value_or(0);
  return (group == 0x0002 || group == 0x0008) && element <= 0x0100 && length <= 0x1000;
}

Dataset::Dataset(Bytes bytes, std::string name, std::size_t max_inflated, std::size_t file_size)
    : bytes_(std::move(bytes)), name_(std::move(name)) {
  data_ = {reinterpret_cast<const std::uint8_t*>(bytes_->data()), bytes_->size()};
  const auto meta = read_meta_header(data_, has_dicom_mark(data_) ? kPreamble + 4 : 0);
  auto size = std::max(file_size, data_.size()) - meta.end;
  data_ = data_.subspan(meta.end);
  if (data_.size() < 8) {
    throw Error(ErrorCode::corrupt, name_ + ": damaged or truncated DICOM file: it has no data elements");
  }
  syntax_ =
      meta.transfer_syntax.empty() ? &guess_transfer_syntax(data_) : &find_transfer_syntax(meta.transfer_syntax, name_);
  if (syntax_->deflated) {
    inflated_ = inflate(data_, max_inflated, name_);
    data_ = inflated_;
    size = data_.size();
  }
  auto encoding = syntax_->encoding;
  // Some files say that they are explicit and are not.
  if (encoding.explicit_vr && !encoding.big_endian) encoding = guess_transfer_syntax(data_).encoding;
  structure_ = scan_structure(data_, encoding, name_, size);
  parse_attributes(encoding);
  find_functional_groups();
}

void Dataset::parse_attributes(const Encoding& encoding) {
  std::vector<std::uint8_t> joined;
  std::span<const std::uint8_t> bytes;
  if (structure_.attributes.size() == 1) {
    bytes = at(structure_.attributes.front());
  } else {
    for (const auto& extent : structure_.attributes) {
      const auto part = at(extent);
      joined.insert(joined.end(), part.begin(), part.end());
    }
    bytes = joined;
  }
  DcmInputBufferStream stream;
  stream.setBuffer(bytes.data(), static_cast<offile_off_t>(bytes.size()));
  stream.setEos();
  attributes_ = std::make_unique<DcmDataset>();
  attributes_->transferInit();
  const auto status = attributes_->read(stream, for_dcmtk(encoding), EGL_noChange);
  attributes_->transferEnd();
  if (status.bad()) {
    throw Error(ErrorCode::corrupt, name_ + ": damaged or truncated DICOM file: " + status.text());
  }
}

void Dataset::find_functional_groups() {
  DcmSequenceOfItems* sequence = nullptr;
  if (attributes_->findAndGetSequence(DCM_PerFrameFunctionalGroupsSequence, sequence).bad()) return;
  for (auto* item = sequence->nextInContainer(nullptr); item != nullptr; item = sequence->nextInContainer(item)) {
    frame_groups_.push_back(static_cast<DcmItem*>(item));
  }
}

DcmItem& Dataset::group_of(const DcmTagKey& macro, int frame) const {
  const auto index = static_cast<std::size_t>(frame);
  for (auto* groups : {index < frame_groups_.size() ? frame_groups_[index] : nullptr,
                       sequence_item(*attributes_, DCM_SharedFunctionalGroupsSequence, 0)}) {
    if (groups == nullptr) continue;
    if (auto* item = sequence_item(*groups, macro, 0)) return *item;
  }
  return *attributes_;
}

Dataset::~Dataset() = default;

}  // namespace fovea::dicom
