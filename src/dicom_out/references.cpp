#include "dicom_out/references.hpp"

#include <map>
#include <set>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>

#include "dicom_out/attributes.hpp"
#include "dicom_out/codes.hpp"
#include "fovea/error.hpp"

namespace fovea::dicom_out {
namespace {

void put_instance(DcmItem& item, const Source& source) {
  put(item, DCM_ReferencedSOPClassUID, source.sop_class_uid());
  put(item, DCM_ReferencedSOPInstanceUID, source.sop_uid());
}

std::string size_text(int columns, int rows) { return std::to_string(columns) + " x " + std::to_string(rows); }

[[noreturn]] void fail(const std::string& what) { throw Error(ErrorCode::usage, what); }

}  // namespace

void put_reference(DcmItem& item, const FrameResult& result) {
  put_instance(item, *result.source);
  if (result.source->frames() > 1) put(item, DCM_ReferencedFrameNumber, std::to_string(result.frame));
}

void put_source_image(DcmItem& item, const FrameResult& result) {
  auto& reference = add_item(item, DCM_SourceImageSequence);
  put_reference(reference, result);
  add_code(reference, DCM_PurposeOfReferenceCodeSequence, codes::kSourceImage);
  put(reference, DCM_SpatialLocationsPreserved, "YES");
}

void put_referenced_instances(DcmItem& item, const std::vector<FrameResult>& results) {
  std::map<std::string, DcmItem*> series;
  std::set<std::string> done;
  for (const auto& result : results) {
    const auto& source = *result.source;
    if (!done.insert(source.sop_uid()).second) continue;
    auto*& entry = series[source.series_uid()];
    if (entry == nullptr) {
      entry = &add_item(item, DCM_ReferencedSeriesSequence);
      put(*entry, DCM_SeriesInstanceUID, source.series_uid());
    }
    put_instance(add_item(*entry, DCM_ReferencedInstanceSequence), source);
  }
}

void check_results(std::span<const FrameResult> results) {
  if (results.empty()) fail("a DICOM result needs at least one frame, and none was given");
  const auto& first = *results.front().source;
  for (const auto& [source, frame, finding] : results) {
    source->check_frame(frame);
    if (source->study_uid() != first.study_uid())
      fail(source->name() + ": it is of another study than " + first.name());
    if (source->frame_of_reference_uid() != first.frame_of_reference_uid()) {
      fail(source->name() + ": its Frame of Reference is not that of " + first.name());
    }
    const auto size = size_text(source->columns(), source->rows());
    if (source->rows() != first.rows() || source->columns() != first.columns()) {
      fail(source->name() + ": it has " + size + " pixels, and " + first.name() + " has " +
           size_text(first.columns(), first.rows()));
    }
    if (finding.width != source->columns() || finding.height != source->rows()) {
      fail(source->name() + ": it has " + size + " pixels, and what was found in it " +
           size_text(finding.width, finding.height));
    }
  }
}

}  // namespace fovea::dicom_out
