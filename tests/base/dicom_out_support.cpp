#include "base/dicom_out_support.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcpath.h>

#include "dicom_maker.hpp"
#include "dicom_out/attributes.hpp"

namespace fovea::dicom_out {
namespace {

using test::DicomMaker;

/// Slices 3 mm apart along their normal, (0, 0.6, 0.8).
std::string position_text(int place) {
  return "-10.5\\" + decimal_string(20.25 + 1.8 * place) + "\\" + decimal_string(2.4 * place);
}

DicomMaker measures() { return DicomMaker().text(0x00180050, "DS", "2.5").text(0x00280030, "DS", "0.75\\0.5"); }

constexpr const char* kOrientation = "1\\0\\0\\0\\0.8\\-0.6";

/// Functional groups of an enhanced image: the planes' positions apart, the rest shared.
void add_groups(DicomMaker& maker, const SourceSpec& spec) {
  DicomMaker shared;
  shared.sequence(0x00209116, DicomMaker().text(0x00200037, "DS", kOrientation)).sequence(0x00289110, measures());
  std::vector<DicomMaker> frames;
  for (int i = 0; i < spec.frames; ++i) {
    frames.push_back(DicomMaker().sequence(0x00209113, DicomMaker().text(0x00200032, "DS", position_text(i))));
  }
  maker.sequence(0x52009229, shared).sequence(0x52009230, frames);
}

void add_patient(DicomMaker& maker, const SourceSpec& spec) {
  maker.text(0x00100010, "PN", spec.patient_name)
      .text(0x00100020, "LO", "PATIENT-4711")
      .text(0x00100021, "LO", "HOSPITAL-ISSUER")
      .text(0x00100030, "DA", "19610203")
      .text(0x00100040, "CS", "F")
      .text(0x00101010, "AS", "061Y")
      .text(0x00104000, "LT", "SECRET-COMMENT");
}

}  // namespace

Bytes source_file(const SourceSpec& spec) {
  DicomMaker maker;
  if (!spec.character_set.empty()) maker.text(0x00080005, "CS", spec.character_set);
  const auto instance = std::to_string(spec.place + 1);
  maker.text(0x00080016, "UI", spec.sop_class).text(0x00080018, "UI", spec.series_uid + "." + instance);
  if (spec.identified) {
    maker.text(0x00080020, "DA", "20230415").text(0x00080030, "TM", "101112").text(0x00080050, "SH", "ACCESSION-99");
  }
  maker.text(0x00080060, "CS", spec.modality);
  if (spec.identified) {
    maker.text(0x00080070, "LO", "ScannerMaker")
        .text(0x00080080, "LO", "Saint Secret Hospital")
        .text(0x00080090, "PN", "Referrer^Rita")
        .text(0x00081010, "SH", "STATION-7")
        .text(0x00081030, "LO", "Secret study of Jose");
  }
  maker.text(0x00090010, "LO", "PRIVATE CREATOR").text(0x00091001, "LO", "PRIVATE-VALUE");
  if (spec.identified) add_patient(maker, spec);
  if (spec.plane && spec.frames == 1) maker.text(0x00180050, "DS", "2.5");
  if (spec.identified) maker.text(0x00181000, "LO", "SERIAL-1234");
  maker.text(0x0020000D, "UI", spec.study_uid).text(0x0020000E, "UI", spec.series_uid);
  if (spec.identified) maker.text(0x00200010, "SH", "STUDY-5");
  maker.text(0x00200011, "IS", "3").text(0x00200013, "IS", instance);
  if (spec.plane && spec.frames == 1) {
    maker.text(0x00200032, "DS", position_text(spec.place)).text(0x00200037, "DS", kOrientation);
  }
  if (spec.plane) maker.text(0x00200052, "UI", "1.2.3.9").text(0x00201040, "LO", "");
  const bool grey = spec.photometric.starts_with("MONOCHROME");
  maker.number(0x00280002, grey ? 1 : 3).text(0x00280004, "CS", spec.photometric);
  if (!grey) maker.number(0x00280006, 0);
  if (spec.frames > 1) maker.text(0x00280008, "IS", std::to_string(spec.frames));
  maker.number(0x00280010, static_cast<unsigned>(spec.rows)).number(0x00280011, static_cast<unsigned>(spec.columns));
  if (spec.plane && spec.frames == 1) maker.text(0x00280030, "DS", "0.75\\0.5");
  const unsigned bits = grey ? 16 : 8;
  maker.number(0x00280100, bits).number(0x00280101, bits).number(0x00280102, bits - 1).number(0x00280103, 0);
  if (!spec.burned_in.empty()) maker.text(0x00280301, "CS", spec.burned_in);
  if (grey && !spec.window.empty()) {
    maker.text(0x00281050, "DS", spec.window.substr(0, spec.window.find('\\')))
        .text(0x00281051, "DS", spec.window.substr(spec.window.find('\\') + 1));
  }
  if (grey) maker.text(0x00281052, "DS", "-1024").text(0x00281053, "DS", "1").text(0x00281054, "LO", "HU");
  if (!spec.lossy.empty()) maker.text(0x00282110, "CS", spec.lossy);
  if (!spec.lossy.empty()) maker.text(0x00282112, "DS", "8.5").text(0x00282114, "CS", "ISO_10918_1");
  if (spec.plane && spec.frames > 1) add_groups(maker, spec);
  const auto values = static_cast<std::size_t>(spec.rows * spec.columns * spec.frames);
  if (grey) {
    std::vector<std::uint16_t> pixels(values);
    for (std::size_t i = 0; i < values; ++i) pixels[i] = static_cast<std::uint16_t>(i * 13 % 2000);
    maker.words(0x7FE00010, "OW", pixels);
  } else {
    std::string pixels(3 * values + values % 2, '\0');
    for (std::size_t i = 0; i < 3 * values; ++i) pixels[i] = static_cast<char>(i * 7);
    maker.bytes(0x7FE00010, "OB", pixels);
  }
  return maker.file("1.2.840.10008.1.2.1");
}

std::shared_ptr<const Source> open_source(const Bytes& file, const std::string& name) {
  return std::make_shared<Source>(dicom::Dataset(file, name, std::size_t{1} << 24));
}

std::shared_ptr<const Source> make_source(const SourceSpec& spec) {
  return open_source(source_file(spec), "slice-" + std::to_string(spec.place) + ".dcm");
}

Finding make_finding(int width, int height, int x, int y, const std::string& label) {
  Finding finding;
  finding.width = width;
  finding.height = height;
  finding.label = label;
  finding.scores = {{"normal", 0.1}, {"benign", 0.2}, {"malignant", 0.7}};
  finding.anomaly_score = 0.9;
  const auto pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  finding.heat_map.resize(pixels);
  finding.mask.resize(pixels);
  Region region{.label = label, .score = 0.9375};
  const int x0 = std::max(0, x - 1), x1 = std::min(width - 1, x + 1);
  const int y0 = std::max(0, y - 1), y1 = std::min(height - 1, y + 1);
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      const auto at =
          static_cast<std::size_t>(row) * static_cast<std::size_t>(width) + static_cast<std::size_t>(column);
      const bool inside = row >= y0 && row <= y1 && column >= x0 && column <= x1;
      const double fall = 0.4 / (1 + std::hypot(column - x, row - y));
      finding.heat_map[at] = inside ? 0.9375F : static_cast<float>(fall);
      finding.mask[at] = inside ? 1 : 0;
    }
  }
  region.box = {x0, y0, x1 - x0 + 1, y1 - y0 + 1};
  region.contours = {{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}};
  region.area_px = static_cast<double>(region.box[2] * region.box[3]);
  region.area_mm2 = region.area_px * 0.375;
  finding.regions = {region};
  Caption caption;
  caption.hypotheses.emplace_back();
  caption.hypotheses.front().text = "A malignant lesion in the upper left.";
  finding.caption = caption;
  return finding;
}

SeriesResult make_series(SourceSpec spec, int count) {
  SeriesResult series;
  const bool enhanced = spec.frames > 1;
  auto source = make_source(spec);
  for (int i = 0; i < count; ++i) {
    if (!enhanced) {
      spec.place = i;
      source = make_source(spec);
    }
    series.frames.push_back({.source = source,
                             .frame = enhanced ? i + 1 : 1,
                             .finding = make_finding(spec.columns, spec.rows, 1 + i, 1 + i / 2)});
  }
  return series;
}

ResultContext make_run() {
  return {.algorithm = {.name = "highlight-test",
                        .version = "1.2",
                        .model_sha256 = std::string(64, 'a'),
                        .parameters = "threshold=0.5"},
          .uids = Uids("test key"),
          .time = std::chrono::system_clock::from_time_t(1'700'000'000),
          .deidentifier = {}};
}

std::vector<std::string> identifying_texts() {
  return {"ller",        "Jos",     "PATIENT-4711", "HOSPITAL-ISSUER", "19610203", "061Y",      "SECRET-COMMENT",
          "20230415",    "101112",  "ACCESSION-99", "Saint Secret",    "Referrer", "STATION-7", "Secret study",
          "SERIAL-1234", "STUDY-5", "PRIVATE",      "1.2.3.1",         "1.2.3.9"};
}

std::unique_ptr<DcmDataset> read_object(const std::filesystem::path& path) {
  DcmFileFormat file;
  if (file.loadFile(path.c_str()).bad() || file.loadAllDataIntoMemory().bad()) {
    throw std::runtime_error("cannot read " + path.string());
  }
  return std::unique_ptr<DcmDataset>(file.getAndRemoveDataset());
}

std::optional<std::string> text_at(DcmDataset& object, const std::string& path) {
  DcmPathProcessor processor;
  OFList<DcmPath*> found;
  if (processor.findOrCreatePath(&object, path.c_str(), OFFalse).bad()) return std::nullopt;
  if (processor.getResults(found) == 0) return std::nullopt;
  auto* element = dynamic_cast<DcmElement*>(found.front()->back()->m_obj);
  OFString text;
  if (element == nullptr || element->getOFStringArray(text).bad()) return std::nullopt;
  return std::string(text.c_str(), text.size());
}

Image make_picture(int width, int height) {
  Image picture{.width = width, .height = height, .pixels = {}, .geometry = {}};
  picture.pixels.resize(3 * static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = static_cast<std::uint8_t>(i * 11 % 251);
  return picture;
}

}  // namespace fovea::dicom_out
