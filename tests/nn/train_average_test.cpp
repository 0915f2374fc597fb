#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "fovea/error.hpp"
#include "fovea/model.hpp"
#include "fovea/train.hpp"
#include "nn/weights.hpp"
#include "tiny_caption_model.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class AverageCaptionModels : public testing::Test {
 protected:
  AverageCaptionModels() {
    tests::write_tiny_caption_model(folder_ / "a", 1);
    tests::write_tiny_caption_model(folder_ / "b", 2);
  }

  std::string error_of(const std::vector<fs::path>& models) {
    try {
      average_caption_models(models, folder_ / "mean");
    } catch (const Error& e) {
      EXPECT_FALSE(fs::exists(folder_ / "mean"));
      return std::string(to_string(e.code())) + ": " + e.what();
    }
    return "";
  }

  nn::TensorMap weights(const std::string& model) { return nn::read_tensors(folder_ / model / "model.safetensors"); }

  tests::TempFolder folder_;
};

TEST_F(AverageCaptionModels, EveryWeightIsTheMean) {
  average_caption_models({folder_ / "a", folder_ / "b", folder_ / "b"}, folder_ / "mean");
  const auto a = weights("a"), b = weights("b"), mean = weights("mean");
  ASSERT_EQ(mean.size(), a.size());
  for (const auto& [name, tensor] : mean) {
    const auto expected = (a.at(name).to(at::kDouble) + 2 * b.at(name).to(at::kDouble)) / 3;
    EXPECT_TRUE(tensor.to(at::kDouble).allclose(expected, 1e-3, 1e-4)) << name;
  }
  EXPECT_EQ(Model::open(folder_ / "mean")->info().parameters, Model::open(folder_ / "a")->info().parameters);
}

TEST_F(AverageCaptionModels, ModelsMustBeOfOneKind) {
  EXPECT_THAT(error_of({folder_ / "a"}), AllOf(HasSubstr("usage: "), HasSubstr("at least 2 models, found 1")));
  EXPECT_THAT(error_of({folder_ / "a", folder_ / "none"}), AllOf(HasSubstr("io: "), HasSubstr("none")));
  tests::write_tiny_caption_model(folder_ / "lstm", 1, tests::TinyDecoder::lstm);
  EXPECT_THAT(error_of({folder_ / "a", folder_ / "lstm"}), AllOf(HasSubstr("model: "), HasSubstr("decoder.")));
  const auto vocabulary = folder_ / "b" / "vocab.txt";
  folder_.write("b/vocab.txt", tests::read_text(vocabulary) + "unheard\n");
  EXPECT_THAT(error_of({folder_ / "a", folder_ / "b"}), AllOf(HasSubstr("usage: "), HasSubstr("other words than")));
}

}  // namespace
}  // namespace fovea
