/// @file Our own words and times in a data set that speaks the source's character set.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

class DcmDataset;
class DcmItem;

namespace fovea::dicom_out {

/// Makes UTF-8 text fit to be a value of `object`: without backslashes and control characters, at most `max` bytes of
/// it, whole characters. Where it has more than ASCII, `object` is brought to UTF-8 first, with all that was copied
/// into it; should that fail, question marks stand for what is not ASCII.
std::string fitted(DcmDataset& object, std::string text, std::size_t max);

/// Longest values of types of text, in characters.
inline constexpr std::size_t kMaxLong = 64, kMaxText = 1024;

struct Moment {
  std::string date;  ///< DA
  std::string time;  ///< TM, whole seconds
};

/// A point in time as `source` states times: by its Timezone Offset From UTC, else by this machine's clock.
Moment moment_of(std::chrono::system_clock::time_point time, DcmItem& source);

}  // namespace fovea::dicom_out
