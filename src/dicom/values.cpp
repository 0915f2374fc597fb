#include "dicom/values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcelem.h>
#include <dcmtk/dcmdata/dcitem.h>

namespace fovea::dicom {
namespace {

DcmElement* element(DcmItem& item, const DcmTagKey& tag) {
  DcmElement* found = nullptr;
  return item.findAndGetElement(tag, found).good() ? found : nullptr;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank(" \0", 2);
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::optional<double> parse_number(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::string> text(DcmItem& item, const DcmTagKey& tag) {
  auto* found = element(item, tag);
  OFString value;
  if (found == nullptr || found->getOFStringArray(value).bad()) return std::nullopt;
  const auto result = trimmed({value.data(), value.size()});
  if (result.empty()) return std::nullopt;
  return std::string(result);
}

std::string short_text(DcmItem& item, const DcmTagKey& tag) {
  auto value = text(item, tag).value_or("");
  const bool printable = std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return printable && value.size() <= 64 ? value : std::string();
}

std::vector<double> numbers(DcmItem& item, const DcmTagKey& tag) {
  auto* found = element(item, tag);
  std::vector<double> result;
  if (found == nullptr) return result;
  for (unsigned long i = 0; i < found->getVM(); ++i) {
    OFString value;
    if (found->getOFString(value, i).bad()) break;
    const auto one = parse_number({value.data(), value.size()});
    if (!one) break;
    result.push_back(*one);
  }
  return result;
}

std::optional<double> number(DcmItem& item, const DcmTagKey& tag) {
  const auto all = numbers(item, tag);
  return all.empty() ? std::nullopt : std::optional(all.front());
}

std::optional<long> integer(DcmItem& item, const DcmTagKey& tag) {
  const auto value = number(item, tag);
  if (!value || *value != std::floor(*value) || std::abs(*value) > 1e15) return std::nullopt;
  return static_cast<long>(*value);
}

std::vector<unsigned> words(DcmItem& item, const DcmTagKey& tag) {
  auto* found = element(item, tag);
  if (found == nullptr) return {};
  Uint16* values = nullptr;
  if (found->getUint16Array(values).good() && values != nullptr) return {values, values + found->getLength() / 2};
  Sint16* signed_values = nullptr;
  if (found->getSint16Array(signed_values).good() && signed_values != nullptr) {
    std::vector<unsigned> result;
    for (unsigned long i = 0; i < found->getLength() / 2; ++i) {
      result.push_back(static_cast<Uint16>(signed_values[i]));
    }
    return result;
  }
  return {};
}

DcmItem* sequence_item(DcmItem& item, const DcmTagKey& tag, int index) {
  DcmItem* found = nullptr;
  return item.findAndGetSequenceItem(tag, found, index).good() ? found : nullptr;
}

}  // namespace fovea::dicom
