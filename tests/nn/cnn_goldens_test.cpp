/// Every CNN family under every naming gives the grids and logits of its reference implementation
/// (tests/reference/make_cnn_goldens.py).
#include <ATen/ops/cat.h>
#include <c10/core/GradMode.h>

#include "cnn_support.hpp"

namespace fovea::nn {
namespace {

using tests::agrees;

constexpr double kTolerance = 1e-4;
constexpr std::int64_t kValues = 2048;  // at most, of each grid

struct Case {
  std::string folder;
  std::string family;
};

std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.folder; }

/// The values of a grid that a golden file keeps: of its elements in the order [B, C, h, w].
at::Tensor sampled(const at::Tensor& grid) {
  const auto flat = grid.contiguous().flatten();
  return flat.slice(0, 0, flat.numel(), (flat.numel() + kValues - 1) / kValues);
}

void expect_golden(Backbone& network, const TensorMap& golden, const at::Tensor& pixels) {
  const auto output = network.forward(pixels, {.grids = true});
  const auto& levels = network.shape().levels;
  ASSERT_EQ(output.grids.size(), levels.size());
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const auto name = "grid" + std::to_string(i);
    const auto& grid = output.grids[i];
    const auto shape = golden.at(name + ".shape");
    ASSERT_EQ(shape.numel(), 4);
    EXPECT_EQ(grid.sizes(), at::IntArrayRef(shape.const_data_ptr<std::int64_t>(), 4)) << name;
    EXPECT_EQ(grid.size(1), levels[i].channels) << name;
    EXPECT_EQ(grid.size(2), (pixels.size(2) + levels[i].stride - 1) / levels[i].stride) << name;
    EXPECT_TRUE(agrees(sampled(grid), golden.at(name), kTolerance)) << name;
  }
  EXPECT_TRUE(output.last.equal(output.grids.back()));
  EXPECT_EQ(output.last.size(1), network.shape().width);
  const bool classifies = golden.contains("logits");
  ASSERT_EQ(network.label_count() > 0, classifies);
  if (classifies) {
    EXPECT_TRUE(agrees(network.classify(output.last), golden.at("logits"), kTolerance));
  }
}

class CnnGoldens : public ::testing::TestWithParam<Case> {};

TEST_P(CnnGoldens, AreMet) {
  const auto& folder = GetParam().folder;
  const auto json = tests::read_config(folder);
  EXPECT_EQ(find_backbone_family(ForeignConfig(json, "config.json"))->name, GetParam().family);
  const auto golden = read_tensors(tests::model_folder(folder) / "golden.safetensors");
  const auto opened = tests::open_backbone(json, tests::read_weights(folder));
  EXPECT_EQ(opened.network->shape().kind, BackboneKind::cnn);
  EXPECT_EQ(static_cast<std::int64_t>(opened.labels.size()), opened.network->label_count());
  const std::int64_t channels = GetParam().family == "torchxrayvision-densenet" ? 1 : 3;
  const auto* size = golden.at("size").const_data_ptr<std::int64_t>();
  const auto pixels = tests::formula_noise("pixels", {2, channels, size[0], size[1]}) * 2;
  {
    SCOPED_TRACE("with gradients");
    expect_golden(*opened.network, golden, pixels);
  }
  const c10::AutoGradMode no_grad(false);
  {
    SCOPED_TRACE("as loaded");
    expect_golden(*opened.network, golden, pixels);
  }
  opened.network->pack();
  {
    SCOPED_TRACE("packed");
    expect_golden(*opened.network, golden, pixels);
  }
  const auto one = opened.network->forward(pixels.slice(0, 1, 2), {}).last;
  EXPECT_TRUE(agrees(one, opened.network->forward(pixels, {}).last.slice(0, 1, 2), kTolerance)) << "batch of one";
}

INSTANTIATE_TEST_SUITE_P(
    Families, CnnGoldens,
    ::testing::Values(
        Case{"resnet", "resnet"}, Case{"resnet-basic", "resnet"}, Case{"torchvision-resnet18", "resnet"},
        Case{"torchvision-resnet50", "resnet"}, Case{"timm-resnet34", "resnet"},
        Case{"torchvision-densenet121", "densenet"}, Case{"timm-densenet121", "densenet"},
        Case{"torchxrayvision", "torchxrayvision-densenet"}, Case{"mobilenet_v2", "mobilenet_v2"},
        Case{"mobilenet_v2-plain-padding", "mobilenet_v2"}, Case{"torchvision-mobilenet_v2", "mobilenet_v2"},
        Case{"timm-mobilenetv2_100", "mobilenet_v2"}, Case{"torchvision-mobilenet_v3_large", "mobilenet_v3"},
        Case{"torchvision-mobilenet_v3_small", "mobilenet_v3"}, Case{"timm-mobilenetv3_large_100", "mobilenet_v3"},
        Case{"timm-mobilenetv3_small_050", "mobilenet_v3"}, Case{"torchvision-efficientnet_b1", "efficientnet"},
        Case{"timm-efficientnet_b0", "efficientnet"}, Case{"timm-tf_efficientnet_lite2", "efficientnet"},
        Case{"convnext", "convnext"}, Case{"convnextv2", "convnext"}, Case{"torchvision-convnext_tiny", "convnext"},
        Case{"timm-convnext_tiny", "convnext"}, Case{"timm-convnextv2_atto", "convnext"}),
    [](const auto& instance) {
      auto name = instance.param.folder;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

TEST(CnnGoldens, TorchXRayVisionPutsOperatingPointsAtOneHalf) {
  const auto golden = read_tensors(tests::model_folder("torchxrayvision") / "golden.safetensors");
  const auto opened =
      tests::open_backbone(tests::read_config("torchxrayvision"), tests::read_weights("torchxrayvision"));
  EXPECT_TRUE(opened.independent_labels);
  EXPECT_EQ(opened.labels, (std::vector<std::string>{"Edema", "", "Mass", "Lung Lesion"}));
  EXPECT_EQ(opened.input, image::xray_transform(64));
  const auto probabilities = opened.network->probabilities(golden.at("logits"), opened.independent_labels);
  EXPECT_TRUE(agrees(probabilities, golden.at("probabilities"), 1e-6));
  EXPECT_TRUE((probabilities.select(1, 1) == 0.5).all().item<bool>()) << "no operating point";
}

TEST(CnnGoldens, DottedNamesOfOldDenseNetsAreKnown) {
  const std::string folder = "torchvision-densenet121";
  TensorMap dotted;
  for (const auto& [name, tensor] : tests::read_weights(folder)) {
    auto renamed = name;
    for (const std::string part : {"norm1.", "norm2.", "conv1.", "conv2."}) {
      const auto at = renamed.rfind("denselayer") == std::string::npos ? std::string::npos : renamed.rfind(part);
      if (at != std::string::npos) renamed.insert(at + part.size() - 2, ".");
    }
    if (!renamed.ends_with("num_batches_tracked")) dotted.emplace(renamed, tensor);
  }
  ASSERT_TRUE(dotted.contains("features.denseblock1.denselayer1.norm.1.weight"));
  const auto opened = tests::open_backbone(tests::read_config(folder), dotted);
  const c10::AutoGradMode no_grad(false);
  expect_golden(*opened.network, read_tensors(tests::model_folder(folder) / "golden.safetensors"),
                tests::formula_noise("pixels", {2, 3, 64, 32}) * 2);
}

TEST(CnnGoldens, HalfPrecisionStaysNear) {
  for (const std::string folder : {"resnet", "convnext", "convnextv2", "mobilenet_v2", "torchxrayvision"}) {
    SCOPED_TRACE(folder);
    const auto golden = read_tensors(tests::model_folder(folder) / "golden.safetensors");
    const auto opened = tests::open_backbone(tests::read_config(folder), tests::read_weights(folder), at::kBFloat16);
    const auto* size = golden.at("size").const_data_ptr<std::int64_t>();
    const std::int64_t channels = folder == "torchxrayvision" ? 1 : 3;
    const auto pixels = (tests::formula_noise("pixels", {2, channels, size[0], size[1]}) * 2).to(at::kBFloat16);
    const c10::AutoGradMode no_grad(false);
    for (const bool packed : {false, true}) {
      if (packed) opened.network->pack();
      // The finest grid: random weights blow up what is rounded, layer by layer.
      const auto grid = opened.network->forward(pixels, {.grids = true}).grids.front();
      EXPECT_EQ(grid.scalar_type(), at::kBFloat16);
      EXPECT_TRUE(agrees(sampled(grid), golden.at("grid0"), 0.02)) << (packed ? "packed" : "as loaded");
    }
  }
}

}  // namespace
}  // namespace fovea::nn
