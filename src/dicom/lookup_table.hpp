/// @file Look-up tables of attributes.
#pragma once

#include <cmath>
#include <optional>
#include <vector>

class DcmItem;
class DcmTagKey;

namespace fovea::dicom {

/// A look-up table (PS3.3, section C.11.1.1.1).
struct LookupTable {
  double first = 0;  ///< the value that the first entry is for
  int bits = 16;     ///< of an entry
  std::vector<unsigned> entries;

  /// The entry of a value; of those before the first and behind the last, these.
  double operator()(double value) const;
  double greatest() const { return std::ldexp(1, bits) - 1; }
};

/// Reads a table from its descriptor and its data.
/// @param is_signed of the values that are looked up: the descriptor's first value is then 16 bits signed
/// @returns nothing where the descriptor or the data are missing.
std::optional<LookupTable> read_lookup_table(DcmItem& item, const DcmTagKey& descriptor, const DcmTagKey& data,
                                             bool is_signed);

/// Segments of a palette to entries (PS3.3, section C.7.9.2): discrete ones, lines from the entry before, and
/// repetitions of earlier segments. At most 65536 entries come out, whatever the segments say.
std::vector<unsigned> expand_segments(const std::vector<unsigned>& segments);

}  // namespace fovea::dicom
