#include "highlight/grounding.hpp"

#include <algorithm>
#include <cstddef>

#include "image/mask_measures.hpp"

namespace fovea::highlight {

text::LesionFacts facts_of(const Finding& finding, const nn::MarkingModel& model) {
  const auto& info = model.info();
  text::LesionFacts facts;
  const auto measures = image::measure_mask(finding.mask, finding.width, finding.height);
  if (info.labels.empty()) {
    if (measures.lesions > 0) facts.finding = info.finding;
  } else {
    const auto label = static_cast<std::size_t>(std::find(info.labels.begin(), info.labels.end(), finding.label) -
                                                info.labels.begin());
    const auto normal = model.normal_label();
    // Findings have the order of labels, without the normal one.
    const auto place = label - (normal && *normal < label ? 1 : 0);
    facts.finding = normal == label ? std::string() : info.findings.at(place);
  }
  if (measures.lesions == 0 || !facts.finding || facts.finding->empty()) return facts;
  const auto seen = text::describe_lesion({}, *facts.finding, measures);
  facts.position = seen.position;
  facts.size = seen.size;
  return facts;
}

}  // namespace fovea::highlight
