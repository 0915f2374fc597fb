/// @file Values of attributes as standard types.
#pragma once

#include <optional>
#include <string>
#include <vector>

class DcmItem;
class DcmTagKey;

namespace fovea::dicom {

/// All functions: of the item itself, not of those nested in it; nothing where the attribute is absent, empty or not of
/// that kind.
std::optional<std::string> text(DcmItem& item, const DcmTagKey& tag);
/// A code, a UID or another short text; empty when it is longer than 64 characters or has others than ASCII's printable
/// ones.
std::string short_text(DcmItem& item, const DcmTagKey& tag);
std::optional<long> integer(DcmItem& item, const DcmTagKey& tag);
/// Finite numbers only, as many as there are before the first that is none.
std::vector<double> numbers(DcmItem& item, const DcmTagKey& tag);
std::optional<double> number(DcmItem& item, const DcmTagKey& tag);
/// 8- or 16-bit values, as look-up tables have them, whatever their representation.
std::vector<unsigned> words(DcmItem& item, const DcmTagKey& tag);
/// Item `index`, from 0, of a sequence; null when it is not there.
DcmItem* sequence_item(DcmItem& item, const DcmTagKey& tag, int index);

}  // namespace fovea::dicom
