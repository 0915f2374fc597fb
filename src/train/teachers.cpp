#include "train/teachers.hpp"

#include <string>
#include <utility>

#include <ATen/ops/softmax.h>
#include <c10/core/GradMode.h>

#include "fovea/error.hpp"
#include "train/starting_weights.hpp"

namespace fovea::train {

Teachers::Teachers(const std::vector<std::filesystem::path>& folders, const text::Vocabulary& words,
                   std::int64_t input_size, Precision precision) {
  for (const auto& folder : folders) {
    check_same_words(folder / "vocab.txt", words);
    auto model = std::make_unique<nn::CaptionModel>(folder, OpenOptions{.precision = precision});
    if (model->config().input_size != input_size) {
      throw Error(ErrorCode::usage, "the teacher " + folder.string() + " takes photos of " +
                                        std::to_string(model->config().input_size) + " pixels, the model " +
                                        std::to_string(input_size));
    }
    models_.push_back(std::move(model));
  }
}

at::Tensor Teachers::probabilities(const at::Tensor& pixels, const at::Tensor& tokens) const {
  const c10::AutoGradMode no_grad(false);
  at::Tensor sum;
  for (const auto& model : models_) {
    const auto logits = model->decoder().forward(model->encode(pixels), tokens, /*want_attention=*/false).logits;
    const auto of_model = at::softmax(logits.to(at::kFloat), -1);
    sum = sum.defined() ? sum + of_model : of_model;
  }
  return sum / static_cast<double>(models_.size());
}

}  // namespace fovea::train
