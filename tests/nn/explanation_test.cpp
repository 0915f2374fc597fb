/// Grad-CAM and attention rollout against torch's autograd and transformers' attention
/// (tests/reference/make_explanation_goldens.py).
#include <cmath>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include "cnn_support.hpp"
#include "explain/grad_cam.hpp"
#include "explain/label_maps.hpp"
#include "explain/rollout.hpp"

namespace fovea::explain {
namespace {

using tests::agrees;

constexpr double kTolerance = 1e-4;

at::Tensor wave(at::IntArrayRef shape) {
  auto tensor = at::empty(shape);
  auto* values = tensor.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    const auto x = static_cast<double>(i);
    values[i] = static_cast<float>(std::sin(0.37 * x + 2 * std::sin(0.011 * x)));
  }
  return tensor;
}

class ExplanationGoldens : public ::testing::TestWithParam<const char*> {
 protected:
  static at::Tensor golden(const std::string& name) {
    static const auto tensors =
        nn::read_tensors(std::filesystem::path(FOVEA_TEST_DATA_DIR) / "explanations.safetensors");
    return tensors.at(std::string(GetParam()) + "." + name);
  }
  static std::vector<std::int64_t> labels() {
    const auto numbers = golden("labels");
    return {numbers.const_data_ptr<std::int64_t>(), numbers.const_data_ptr<std::int64_t>() + numbers.numel()};
  }
  /// What a folder's network says of the pixels, in inference mode as run() does it.
  static at::Tensor evidence(const at::Tensor& pixels, std::span<const std::int64_t> outputs, bool packed) {
    const auto opened = tests::open_backbone(tests::read_config(GetParam()), tests::read_weights(GetParam()));
    if (packed) opened.network->pack();
    const c10::InferenceMode inference;
    const bool transformer = opened.network->shape().kind == nn::BackboneKind::transformer;
    const auto seen =
        opened.network->forward(pixels, {.grids = transformer, .attention = false, .mean_attention = transformer});
    return label_evidence(*opened.network, seen, outputs);
  }
};

class GradCam : public ExplanationGoldens {};

TEST_P(GradCam, IsThatOfAutograd) {
  for (const bool packed : {false, true}) {
    const auto found = evidence(wave({2, 3, 64, 64}), labels(), packed);
    EXPECT_TRUE(agrees(found.squeeze(1), golden("map"), kTolerance)) << (packed ? "packed" : "as loaded");
    EXPECT_FALSE(found.requires_grad());
  }
}

TEST_P(GradCam, OfOneImageIsThatOfABatch) {
  const auto pixels = wave({2, 3, 64, 64});
  const auto both = labels();
  const auto one = evidence(pixels.slice(0, 1, 2), std::span(both).subspan(1), true);
  EXPECT_TRUE(agrees(one.squeeze(1), golden("map").slice(0, 1, 2), kTolerance));
}

INSTANTIATE_TEST_SUITE_P(Families, GradCam, ::testing::Values("resnet", "convnext"));

class Rollout : public ExplanationGoldens {};

TEST_P(Rollout, IsThatOfTheReferencesAttention) {
  for (const bool packed : {false, true}) {
    const auto found = evidence(wave({2, 3, 24, 24}), labels(), packed);
    EXPECT_TRUE(agrees(found.squeeze(1), golden("map"), kTolerance)) << (packed ? "packed" : "as loaded");
  }
}

INSTANTIATE_TEST_SUITE_P(Families, Rollout, ::testing::Values("vit", "deit", "dinov2-registers", "clip-classifier"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Rollout, IsARowOfTheProduct) {
  std::vector<at::Tensor> attention;
  auto product = at::eye(5).expand({2, 5, 5});
  for (int block = 0; block < 3; ++block) {
    attention.push_back(at::rand({2, 5, 5}).softmax(2));
    product = ((attention.back() + at::eye(5)) / 2).matmul(product);
  }
  auto read = at::zeros({5});
  read[1].fill_(1);
  const auto row = rollout(attention, read);
  EXPECT_TRUE(agrees(row, product.select(1, 1), 1e-5));
  EXPECT_TRUE(agrees(row.sum(1), at::ones({2}), 1e-5));
}

TEST(LabelMaps, HaveTheProbabilityWhereEvidenceIsLargest) {
  const auto evidence = at::tensor({0.0F, 2.0F, 4.0F, 1.0F, 0.0F, 0.0F, 0.0F, 0.0F}).view({2, 1, 2, 2});
  const auto maps = scaled(evidence, at::tensor({0.5F, 0.9F}));
  EXPECT_TRUE(agrees(maps, at::tensor({0.0F, 0.25F, 0.5F, 0.125F, 0.0F, 0.0F, 0.0F, 0.0F}).view({2, 1, 2, 2}), 1e-6))
      << "no evidence stays none";
}

}  // namespace
}  // namespace fovea::explain
