/// @file Writing attributes of data sets.
///
/// All functions replace an attribute that is there. What DCMTK refuses is an Error, internal.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

class DcmItem;
class DcmTagKey;

namespace fovea::dicom_out {

/// Of any type of text, number strings and dates included; several values with backslashes between them.
void put(DcmItem& item, const DcmTagKey& tag, const std::string& value);
void put_empty(DcmItem& item, const DcmTagKey& tag);
void put_uint16(DcmItem& item, const DcmTagKey& tag, std::initializer_list<std::uint16_t> values);
void put_uint32(DcmItem& item, const DcmTagKey& tag, std::initializer_list<std::uint32_t> values);
void put_int32(DcmItem& item, const DcmTagKey& tag, std::initializer_list<std::int32_t> values);
void put_floats(DcmItem& item, const DcmTagKey& tag, std::span<const float> values);
void put_double(DcmItem& item, const DcmTagKey& tag, double value);
void put_bytes(DcmItem& item, const DcmTagKey& tag, std::span<const std::uint8_t> bytes);

/// Adds an empty item at the end of a sequence.
DcmItem& add_item(DcmItem& item, const DcmTagKey& tag);
/// Makes a sequence without items.
void put_empty_sequence(DcmItem& item, const DcmTagKey& tag);
/// Puts a copy of `from`'s attributes as a new item at the end of a sequence.
void add_copy(DcmItem& item, const DcmTagKey& tag, const DcmItem& from);

/// Copies an attribute as it stands: bytes, characters of any set, nested items.
/// @returns whether `from` has it with a value, and a valid one where that can be told without its character set.
bool copy(DcmItem& from, DcmItem& to, const DcmTagKey& tag);
/// The same, and leaves an empty attribute where there is nothing to copy.
void copy_or_empty(DcmItem& from, DcmItem& to, const DcmTagKey& tag);

/// A number as a decimal string (DS): the most digits that fit into its 16 characters.
std::string decimal_string(double value);

}  // namespace fovea::dicom_out
