#include "dicom_out/texts.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <optional>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>

#include "dicom/values.hpp"

namespace fovea::dicom_out {
namespace {

bool is_ascii(unsigned char c) { return c < 0x80; }
bool is_continuation(unsigned char c) { return (c & 0xC0) == 0x80; }

/// Seconds of "+HHMM" or "-HHMM".
std::optional<long> offset_of(const std::optional<std::string>& text) {
  if (!text || text->size() != 5 || ((*text)[0] != '+' && (*text)[0] != '-')) return std::nullopt;
  if (text->find_first_not_of("0123456789", 1) != std::string::npos) return std::nullopt;
  const long number = std::strtol(text->c_str() + 1, nullptr, 10);
  const long seconds = (number / 100 * 60 + number % 100) * 60;
  return (*text)[0] == '-' ? -seconds : seconds;
}

}  // namespace

std::string fitted(DcmDataset& object, std::string text, std::size_t max) {
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  std::ranges::replace(text, '\\', '/');
  if (text.size() > max) {
    while (max > 0 && is_continuation(static_cast<unsigned char>(text[max]))) --max;
    text.resize(max);
  }
  if (std::ranges::all_of(text, is_ascii) || dicom::text(object, DCM_SpecificCharacterSet) == "ISO_IR 192") return text;
  // A data set without a character set and without values that need one can be said to be UTF-8.
  if (object.convertToUTF8().good()) return text;
  std::ranges::replace_if(
      text, [](unsigned char c) { return !is_ascii(c); }, '?');
  return text;
}

Moment moment_of(std::chrono::system_clock::time_point time, DcmItem& source) {
  auto seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  if (const auto offset = offset_of(dicom::text(source, DCM_TimezoneOffsetFromUTC))) {
    seconds += *offset;
    ::gmtime_r(&seconds, &parts);
  } else {
    ::localtime_r(&seconds, &parts);
  }
  const auto text_of = [&parts](const char* format) {
    std::array<char, 16> text{};
    return std::string(text.data(), std::strftime(text.data(), text.size(), format, &parts));
  };
  return {text_of("%Y%m%d"), text_of("%H%M%S")};
}

}  // namespace fovea::dicom_out
