/// @file What DCMTK needs of the process.
#pragma once

namespace fovea::dicom {

/// Keeps DCMTK's codecs registered and its log silent while at least one Runtime lives, and puts both back with the
/// last one. Whoever uses DCMTK owns one.
class Runtime {
 public:
  Runtime();
  ~Runtime();
  Runtime(const Runtime&) : Runtime() {}
  Runtime& operator=(const Runtime&) = default;
};

}  // namespace fovea::dicom
