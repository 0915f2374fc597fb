#include "dicom_out/attributes.hpp"

#include <array>
#include <charconv>
#include <memory>
#include <string_view>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcelem.h>
#include <dcmtk/dcmdata/dcitem.h>
#include <dcmtk/dcmdata/dcsequen.h>

#include "fovea/error.hpp"

namespace fovea::dicom_out {
namespace {

void check(const OFCondition& status, const DcmTagKey& tag) {
  if (status.good()) return;
  throw Error(ErrorCode::internal,
              "DICOM attribute " + std::string(tag.toString().c_str()) + " cannot be written: " + status.text());
}

/// Makes an element of the tag's own type, has `fill` fill it and puts it into the item.
template <typename Fill>
void insert(DcmItem& item, const DcmTagKey& tag, Fill fill) {
  DcmElement* made = nullptr;
  check(DcmItem::newDicomElement(made, DcmTag(tag)), tag);
  std::unique_ptr<DcmElement> element(made);
  check(fill(*element), tag);
  check(item.insert(element.get(), OFTrue), tag);
  static_cast<void>(element.release());  // the item's now
}

/// Whether the value is what its type allows, for types whose characters do not depend on a character set.
bool is_valid(DcmElement& element) {
  switch (element.ident()) {
    case EVR_AS:
    case EVR_CS:
    case EVR_DA:
    case EVR_DS:
    case EVR_DT:
    case EVR_IS:
    case EVR_TM:
    case EVR_UI:
      return element.checkValue().good();
    default:
      return true;
  }
}

}  // namespace

void put(DcmItem& item, const DcmTagKey& tag, const std::string& value) {
  check(item.putAndInsertString(tag, value.data(), static_cast<Uint32>(value.size())), tag);
}

void put_empty(DcmItem& item, const DcmTagKey& tag) { check(item.insertEmptyElement(tag), tag); }

void put_uint16(DcmItem& item, const DcmTagKey& tag, std::initializer_list<std::uint16_t> values) {
  insert(item, tag, [&](DcmElement& element) { return element.putUint16Array(values.begin(), values.size()); });
}

void put_uint32(DcmItem& item, const DcmTagKey& tag, std::initializer_list<std::uint32_t> values) {
  insert(item, tag, [&](DcmElement& element) { return element.putUint32Array(values.begin(), values.size()); });
}

void put_int32(DcmItem& item, const DcmTagKey& tag, std::initializer_list<std::int32_t> values) {
  insert(item, tag, [&](DcmElement& element) { return element.putSint32Array(values.begin(), values.size()); });
}

void put_floats(DcmItem& item, const DcmTagKey& tag, std::span<const float> values) {
  insert(item, tag, [&](DcmElement& element) { return element.putFloat32Array(values.data(), values.size()); });
}

void put_double(DcmItem& item, const DcmTagKey& tag, double value) { check(item.putAndInsertFloat64(tag, value), tag); }

void put_bytes(DcmItem& item, const DcmTagKey& tag, std::span<const std::uint8_t> bytes) {
  check(item.putAndInsertUint8Array(tag, bytes.data(), static_cast<unsigned long>(bytes.size())), tag);
}

DcmItem& add_item(DcmItem& item, const DcmTagKey& tag) {
  DcmItem* added = nullptr;
  check(item.findOrCreateSequenceItem(tag, added, -2), tag);
  return *added;
}

void put_empty_sequence(DcmItem& item, const DcmTagKey& tag) { check(item.insertEmptyElement(tag, OFTrue), tag); }

void add_copy(DcmItem& item, const DcmTagKey& tag, const DcmItem& from) { add_item(item, tag) = from; }

bool copy(DcmItem& from, DcmItem& to, const DcmTagKey& tag) {
  DcmElement* element = nullptr;
  if (from.findAndGetElement(tag, element).bad() || element->isEmpty() || !is_valid(*element)) return false;
  auto* sequence = dynamic_cast<DcmSequenceOfItems*>(element);
  if (sequence != nullptr && sequence->card() == 0) return false;
  // Bytes of text: some files pad with zeros, or give the attribute another type of text than it has.
  char* value = nullptr;
  Uint32 length = 0;
  if (element->isaString() && element->getString(value, length).good() && value != nullptr) {
    const auto end = std::string_view(value, length).find_last_not_of(std::string_view(" \0", 2));
    if (end == std::string_view::npos) return false;
    put(to, tag, std::string(value, end + 1));
    return true;
  }
  check(from.findAndInsertCopyOfElement(tag, &to), tag);
  return true;
}

void copy_or_empty(DcmItem& from, DcmItem& to, const DcmTagKey& tag) {
  if (!copy(from, to, tag)) put_empty(to, tag);
}

std::string decimal_string(double value) {
  std::array<char, 64> text{};
  std::size_t length = 0;
  for (int digits = 15; digits > 0; --digits) {
    const auto end = std::to_chars(text.begin(), text.end(), value, std::chars_format::general, digits).ptr;
    length = static_cast<std::size_t>(end - text.begin());
    if (length <= 16) break;
  }
  return {text.data(), length};
}

}  // namespace fovea::dicom_out
