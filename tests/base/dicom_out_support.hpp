/// @file Sources and findings for the tests of DICOM results.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dicom_out/result.hpp"
#include "fovea/image.hpp"
#include "fovea/loader.hpp"

class DcmDataset;

namespace fovea::dicom_out {

/// A source that a test makes.
struct SourceSpec {
  std::string sop_class = "1.2.840.10008.5.1.4.1.1.2";  ///< CT Image Storage
  std::string modality = "CT";
  std::string photometric = "MONOCHROME2";
  int rows = 7, columns = 9;  ///< not a multiple of 8 pixels
  int frames = 1;             ///< more: an enhanced multi-frame image
  int place = 0;              ///< in the series: position and instance UID
  bool plane = true;          ///< Frame of Reference and planes
  bool identified = true;     ///< patient, dates and names; else only what no object lacks
  std::string character_set = "ISO_IR 100";
  std::string patient_name = "M\xFCller^Jos\xE9";
  std::string window = "40\\400";
  std::string burned_in{}, lossy{};
  std::string study_uid = "1.2.3.1", series_uid = "1.2.3.1.1";
};

/// The file; stored values are 16 bits of grey or RGB bytes.
Bytes source_file(const SourceSpec& spec);
std::shared_ptr<const Source> make_source(const SourceSpec& spec = {});
std::shared_ptr<const Source> open_source(const Bytes& file, const std::string& name = "test.dcm");

/// A region of label `label` around (x, y), with the heat map, scores and caption that go with it.
Finding make_finding(int width, int height, int x, int y, const std::string& label = "malignant");

/// One result for each of `count` slices, or frames where `spec.frames` is more than 1, each with another finding.
SeriesResult make_series(SourceSpec spec, int count);

/// With a fixed key and time.
ResultContext make_run();

/// Patient, study, device and place in the sources' attributes, as text that no de-identified object may hold.
std::vector<std::string> identifying_texts();

/// A written object, pixels and all.
std::unique_ptr<DcmDataset> read_object(const std::filesystem::path& path);

/// The text of an attribute at a path of items, such as "ContributingEquipmentSequence[0].Manufacturer"; nothing where
/// it is not there.
std::optional<std::string> text_at(DcmDataset& object, const std::string& path);

/// A picture with other values everywhere.
Image make_picture(int width, int height);

}  // namespace fovea::dicom_out
