#include "pipeline/name_filter.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string_view>

namespace fovea::pipeline {
namespace {

bool matches_any(const std::vector<std::string>& patterns, const std::string& relative) {
  const std::string last_part = relative.substr(relative.rfind('/') + 1);  // npos + 1 is 0
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), relative.c_str(), 0) == 0 ||
           ::fnmatch(pattern.c_str(), last_part.c_str(), 0) == 0;
  });
}

/// What follows the last dot, in lower case.
std::string extension_of(const std::string& name) {
  const auto dot = name.rfind('.');
  if (dot == std::string::npos) return {};
  std::string extension = name.substr(dot + 1);
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

bool is_one_of(std::span<const std::string_view> extensions, const std::string& extension) {
  return std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

}  // namespace

bool NameFilter::admits(const std::string& relative) const {
  return (include.empty() || matches_any(include, relative)) && !matches_any(exclude, relative);
}

bool NameFilter::enters(const std::string& relative) const { return !matches_any(exclude, relative); }

bool has_image_extension(const std::string& name) {
  static constexpr std::array<std::string_view, 16> kExtensions{"jpg",  "jpeg", "jpe", "jfif", "png", "tif",
                                                                "tiff", "webp", "bmp", "dib",  "pnm", "pbm",
                                                                "pgm",  "ppm",  "pam", "gif"};
  return is_one_of(kExtensions, extension_of(name)) || has_dicom_extension(name);
}

bool has_dicom_extension(const std::string& name) {
  static constexpr std::array<std::string_view, 3> kExtensions{"dcm", "dicom", "ima"};
  return is_one_of(kExtensions, extension_of(name));
}

bool lacks_extension(const std::string& name) {
  const auto dot = name.rfind('.');
  return dot == std::string::npos || name.find_first_not_of("0123456789", dot + 1) == std::string::npos;
}

}  // namespace fovea::pipeline
