#include "fovea/scan_info.hpp"

#include <algorithm>
#include <string_view>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcuid.h>

#include "dicom/head.hpp"
#include "dicom/scan.hpp"
#include "dicom/values.hpp"
#include "dicom/windows.hpp"

namespace fovea {
namespace {

/// A small number that an attribute states, else 0.
int small_number(DcmItem& attributes, const DcmTagKey& tag) {
  return static_cast<int>(std::clamp(dicom::integer(attributes, tag).value_or(0), 0L, 65535L));
}

/// The parts of a text with several values.
std::vector<std::string> parts(const std::string& text) {
  std::vector<std::string> result;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\\', begin), text.size());
    result.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return result;
}

}  // namespace

ScanInfo describe_scan(const std::filesystem::path& path, const LoadOptions& options) {
  const auto file = dicom::read_head(path, options.max_inflated_bytes);
  auto& attributes = file->attributes();
  ScanInfo info{.scan = {.identity = dicom::read_identity(*file), .geometry = dicom::read_geometry(*file, 0)},
                .transfer_syntax_uid = std::string(file->syntax().uid),
                .transfer_syntax = std::string(file->syntax().name),
                .sop_class = {}};
  const auto& class_uid = info.scan.identity.sop_class_uid;
  if (const char* name = dcmFindNameOfUID(class_uid.c_str())) info.sop_class = name;
  if (!file->pixels()) return info;
  info.has_pixels = true;
  info.photometric = dicom::short_text(attributes, DCM_PhotometricInterpretation);
  info.samples = small_number(attributes, DCM_SamplesPerPixel);
  info.bits_allocated = small_number(attributes, DCM_BitsAllocated);
  info.bits_stored = small_number(attributes, DCM_BitsStored);
  if (const auto sign = dicom::integer(attributes, DCM_PixelRepresentation)) info.is_signed = sign == 1;
  info.windows = dicom::read_windows(*file, 0);
  const auto lossy = dicom::text(attributes, DCM_LossyImageCompression);
  if (lossy == "01" || lossy == "00") info.lossy = lossy == "01";
  info.lossy_ratios = dicom::numbers(attributes, DCM_LossyImageCompressionRatio);
  info.lossy_methods = parts(dicom::short_text(attributes, DCM_LossyImageCompressionMethod));
  return info;
}

}  // namespace fovea
