#include "highlight/explanation.hpp"

#include <algorithm>
#include <cstdint>

#include <ATen/ops/flip.h>
#include <ATen/ops/full.h>

#include "explain/label_maps.hpp"
#include "fovea/error.hpp"

namespace fovea::highlight {
namespace {

constexpr std::size_t kMaxListed = 100;  // labels in a message

std::string list_of(const std::vector<std::string>& labels) {
  std::string list;
  for (std::size_t i = 0; i < std::min(labels.size(), kMaxListed); ++i) list += "\n  " + labels[i];
  if (labels.size() > kMaxListed) {
    list += "\n  and " + std::to_string(labels.size() - kMaxListed) + " more, which fovea info lists";
  }
  return list;
}

}  // namespace

std::optional<std::size_t> chosen_label(const nn::MarkingModel& model, const std::string& label) {
  if (label.empty()) return std::nullopt;
  const auto& info = model.info();
  if (model.explained() == nullptr) {
    throw Error(ErrorCode::usage, "highlight option label is '" + label + "', but model " + info.id +
                                      " marks what is abnormal, whatever its label; leave it out");
  }
  const auto found = std::find(info.labels.begin(), info.labels.end(), label);
  if (found != info.labels.end()) return static_cast<std::size_t>(found - info.labels.begin());
  throw Error(ErrorCode::usage, "highlight option label is '" + label + "', which model " + info.id +
                                    " does not know; expected one of" + list_of(info.labels));
}

Explanation explain(const nn::ExplainedClassifier& classifier, std::span<const nn::MarkingModel::Result> views,
                    const at::Tensor& probabilities, std::optional<std::size_t> label) {
  const auto images = probabilities.size(0);
  const auto chosen =
      label ? at::full({images}, static_cast<std::int64_t>(*label), at::kLong) : probabilities.argmax(1);
  Explanation explanation;
  std::vector<std::int64_t> outputs;
  for (std::int64_t i = 0; i < images; ++i) {
    explanation.labels.push_back(static_cast<std::size_t>(chosen[i].item<std::int64_t>()));
    outputs.push_back(classifier.outputs[explanation.labels.back()]);
  }
  auto evidence = explain::label_evidence(*classifier.network, views.front().seen, outputs);
  if (views.size() > 1) {
    evidence = evidence + at::flip(explain::label_evidence(*classifier.network, views.back().seen, outputs), {3});
  }
  explanation.maps = explain::scaled(evidence, probabilities.gather(1, chosen.unsqueeze(1)));
  return explanation;
}

}  // namespace fovea::highlight
