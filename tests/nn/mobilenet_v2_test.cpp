#include "nn/mobilenet_v2.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fovea/error.hpp"
#include "fovea/loader.hpp"
#include "nn/packed_mobilenet_v2.hpp"
#include "nn/weights.hpp"
#include "shared_data.hpp"

namespace fovea::nn {
namespace {

/// The 6 x 1280 x 7 x 7 float32 array of a .npy file of version 1.
at::Tensor read_npy(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<char> bytes(std::istreambuf_iterator<char>(in), {});
  const auto header = static_cast<unsigned char>(bytes.at(8)) + 256 * static_cast<unsigned char>(bytes.at(9));
  return at::from_blob(bytes.data() + 10 + header, {6, 1280, 7, 7}, at::kFloat).clone();
}

TEST(MobileNetV2, EqualsTheReferenceGridsAndTop5) {
  const auto shared = tests::shared_dir() / "data";
  if (!std::filesystem::exists(shared / "weights") || !std::filesystem::exists(shared / "flickr8k")) {
    GTEST_SKIP()
        << "no shared data; PadsAsTensorFlowDoes, GridsHaveTheStridesOfTheirNames and MapsTorchvisionNames are "
           "the smaller tests";
  }
  auto tensors = read_tensors(shared / "weights" / "mobilenet_v2_imagenet.safetensors");
  TensorMap renamed;
  for (const auto& [name, tensor] : tensors) {
    if (const auto ours = mobilenet_v2_name(name); !ours.empty()) renamed.emplace(ours, tensor);
  }
  MobileNetV2 network;
  load_weights(*network, renamed, "golden");

  const auto golden = nlohmann::json::parse(std::ifstream(shared / "weights" / "mobilenet_v2_golden.json"));
  std::vector<at::Tensor> images;
  for (const auto& entry : golden) {
    Image image = load_image(shared / "flickr8k" / entry["image"].get<std::string>());
    images.push_back(at::from_blob(image.pixels.data(), {image.height, image.width, 3}, at::kByte).clone());
  }
  const c10::InferenceMode inference;
  const auto grid = network(MobileNetV2Impl::normalise(at::stack(images))).coarse;
  const auto expected = read_npy(shared / "weights" / "mobilenet_v2_grid.npy");
  ASSERT_EQ(grid.sizes(), expected.sizes());
  EXPECT_LT((grid - expected).abs().max().item<float>(), 1e-3);

  const auto logits =
      at::linear(grid.mean({2, 3}), tensors.at("classifier.1.weight").to(at::kFloat), tensors.at("classifier.1.bias"));
  const auto top = std::get<1>(logits.topk(5, 1));
  for (std::size_t i = 0; i < golden.size(); ++i) {
    for (std::size_t k = 0; k < 5; ++k) {
      EXPECT_EQ(top[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(k)].item<std::int64_t>(),
                golden[i]["top5_class"][k].get<std::int64_t>());
    }
  }
}

TEST(MobileNetV2, GridsHaveTheStridesOfTheirNames) {
  MobileNetV2 network;
  const c10::InferenceMode inference;
  const auto grids = network(MobileNetV2Impl::normalise(at::randint(256, {2, 64, 96, 3}, at::kByte)));
  EXPECT_EQ(grids.fine.sizes(), at::IntArrayRef({2, 96, 4, 6}));
  EXPECT_EQ(grids.coarse.sizes(), at::IntArrayRef({2, 1280, 2, 3}));
}

TEST(MobileNetV2, PadsAsTensorFlowDoes) {
  // At stride 2 an even size is padded at its end only: a kernel whose last tap alone is 1 then reads the zero
  // behind the last pixel.
  Conv conv(ConvOptions{.in = 1, .out = 1, .kernel = 3, .stride = 2, .relu6 = false});
  const c10::InferenceMode inference;
  const auto weights = named_weights(*conv);
  weights.at("weight").zero_();
  weights.at("weight")[0][0][2][2] = 1;
  const auto y = conv(at::ones({1, 1, 4, 4}));
  EXPECT_TRUE(at::equal(y.flatten(), at::tensor({1.F, 0.F, 0.F, 0.F})));
}

TEST(MobileNetV2, PackedEqualsPlain) {
  MobileNetV2 network;
  const c10::InferenceMode inference;
  const auto rgb = at::randint(256, {11, 64, 64, 3}, at::kByte);  // more than one piece, the last one smaller
  const auto plain = network(MobileNetV2Impl::normalise(rgb));
  const PackedMobileNetV2 packed(*network, at::kFloat, 64);
  const auto fast = packed.forward(rgb);
  const auto close = [](const at::Tensor& found, const at::Tensor& expected) {
    ASSERT_EQ(found.sizes(), expected.sizes());
    EXPECT_LT((found - expected).abs().max().item<float>(), 1e-4 * expected.abs().max().item<float>());
  };
  close(fast.fine, plain.fine);
  close(fast.coarse, plain.coarse);
  const auto resumed = network->forward_from(packed.prefix(rgb, 10), 10);
  close(resumed.fine, plain.fine);
  close(resumed.coarse, plain.coarse);

  const auto half = PackedMobileNetV2(*network, at::kBFloat16, 64).forward(rgb);
  EXPECT_EQ(half.coarse.scalar_type(), at::kBFloat16);
  const auto error = (half.coarse.to(at::kFloat) - plain.coarse).norm() / plain.coarse.norm();
  EXPECT_LT(error.item<float>(), 0.15);  // random weights; 8 bits of mantissa through 52 layers
}

TEST(MobileNetV2, MapsTorchvisionNames) {
  EXPECT_EQ(mobilenet_v2_name("features.0.0.weight"), "stem.weight");
  EXPECT_EQ(mobilenet_v2_name("features.1.conv.0.0.weight"), "blocks.0.depthwise.weight");
  EXPECT_EQ(mobilenet_v2_name("features.1.conv.1.bias"), "blocks.0.project.bias");
  EXPECT_EQ(mobilenet_v2_name("features.17.conv.0.0.bias"), "blocks.16.expand.bias");
  EXPECT_EQ(mobilenet_v2_name("features.17.conv.2.weight"), "blocks.16.project.weight");
  EXPECT_EQ(mobilenet_v2_name("features.18.0.bias"), "head.bias");
  EXPECT_EQ(mobilenet_v2_name("classifier.1.weight"), "");
  EXPECT_THROW(mobilenet_v2_name("layer1.0.conv1.weight"), Error);
  EXPECT_THROW(mobilenet_v2_name("features.19.0.bias"), Error);
}

}  // namespace
}  // namespace fovea::nn
