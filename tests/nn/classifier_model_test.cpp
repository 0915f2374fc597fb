/// Folders of image encoders with a classifier as models that say labels and show where they looked.
#include "nn/classifier_model.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>

#include <ATen/ops/empty.h>
#include <gmock/gmock.h>

#include "app/temp_folder.hpp"
#include "cnn_support.hpp"
#include "fovea/error.hpp"
#include "fovea/highlighter.hpp"

namespace fovea::nn {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// An image that differs from place to place and with the seed.
Image picture(int width, int height, unsigned seed) {
  Image image{.width = width, .height = height, .pixels = {}, .geometry = {}};
  for (int i = 0; i < width * height * 3; ++i) {
    image.pixels.push_back(static_cast<std::uint8_t>((static_cast<unsigned>(i) * (7 + seed) + seed * 31) % 251));
  }
  return image;
}

/// A grey image as a loader gives it.
Image grey_image(const at::Tensor& values) {
  Image image{.width = static_cast<int>(values.size(1)),
              .height = static_cast<int>(values.size(0)),
              .pixels = {},
              .geometry = {}};
  const auto* bytes = values.const_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < values.numel(); ++i) image.pixels.insert(image.pixels.end(), 3, bytes[i]);
  return image;
}

double score_of(const Finding& finding, const std::string& label) {
  const auto found =
      std::find_if(finding.scores.begin(), finding.scores.end(), [&](const auto& s) { return s.first == label; });
  return found == finding.scores.end() ? -1 : found->second;
}

double largest(const Finding& finding) { return *std::max_element(finding.heat_map.begin(), finding.heat_map.end()); }

std::string message_of(ErrorCode code, const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

/// A copy of a golden folder that can be changed.
class ChangedFolder {
 public:
  explicit ChangedFolder(const std::string& name) {
    fs::copy(tests::model_folder(name), path(), fs::copy_options::recursive);
  }

  fs::path path() const { return folder_ / "model"; }
  void set(const std::string& key, const text::OrderedJson& value) const {
    auto json = text::OrderedJson::parse(std::ifstream(path() / "config.json"));
    json[key] = value;
    std::ofstream(path() / "config.json") << json.dump();
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path() / name) << text; }

 private:
  tests::TempFolder folder_;
};

class Classifiers : public ::testing::TestWithParam<const char*> {};

TEST_P(Classifiers, SayLabelsAndWhereTheyLooked) {
  const auto model = Model::open(tests::model_folder(GetParam()));
  EXPECT_GT(model->info().parameters, 0);
  const auto& labels = model->info().labels;
  ASSERT_FALSE(labels.empty());
  const Highlighter highlighter(model);
  const auto finding = highlighter.find(picture(90, 70, 1));
  ASSERT_EQ(finding.scores.size(), labels.size());
  ASSERT_EQ(finding.heat_map.size(), 90U * 70U);
  EXPECT_THAT(finding.heat_map, ::testing::Each(AllOf(::testing::Ge(0.0F), ::testing::Le(1.0F))));
  EXPECT_EQ(finding.explained, finding.label) << "the likeliest";
  EXPECT_LE(largest(finding), score_of(finding, finding.label) + 1e-6) << "no map glows more than its label is likely";
  EXPECT_FALSE(finding.anomaly_score);
  EXPECT_FALSE(finding.caption);
  EXPECT_FALSE(finding.distance);
  EXPECT_FALSE(finding.unfamiliar);
  EXPECT_EQ(finding.threshold, 0.5);
  for (const auto& region : finding.regions) EXPECT_EQ(region.label, finding.label);
}

TEST_P(Classifiers, SayTheSameInABatch) {
  const Highlighter highlighter(Model::open(tests::model_folder(GetParam())));
  std::vector<PreparedImage> images;
  for (unsigned i = 0; i < 3; ++i) images.push_back(highlighter.prepare(picture(60 + static_cast<int>(i), 64, i)));
  const auto together = highlighter.find(images);
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto alone = highlighter.find(std::span(&images[i], 1)).front();
    EXPECT_EQ(alone.label, together[i].label);
    for (std::size_t k = 0; k < alone.scores.size(); ++k) {
      EXPECT_NEAR(alone.scores[k].second, together[i].scores[k].second, 1e-4);
    }
    for (std::size_t p = 0; p < alone.heat_map.size(); ++p) {
      ASSERT_NEAR(alone.heat_map[p], together[i].heat_map[p], 1e-4);
    }
  }
}

TEST_P(Classifiers, ComputeInBfloat16) {
  const Highlighter exact(Model::open(tests::model_folder(GetParam())));
  const Highlighter rough(Model::open(tests::model_folder(GetParam()), {.precision = Precision::bf16}));
  const auto image = picture(64, 64, 2);
  const auto finding = rough.find(image);
  EXPECT_THAT(finding.heat_map, ::testing::Each(AllOf(::testing::Ge(0.0F), ::testing::Le(1.0F))));
  EXPECT_EQ(finding.scores.size(), exact.find(image).scores.size());
}

INSTANTIATE_TEST_SUITE_P(Families, Classifiers,
                         ::testing::Values("resnet", "convnext", "mobilenet_v2", "torchxrayvision", "vit",
                                           "deit-distilled", "dinov2-registers", "clip-classifier", "timm-vit-avg"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(ClassifierModel, TorchXRayVisionSaysWhatTheReferenceSays) {
  const auto golden = read_tensors(fs::path(FOVEA_TEST_DATA_DIR) / "explanations.safetensors");
  const auto model = Model::open(tests::model_folder("torchxrayvision"));
  EXPECT_THAT(model->info().labels, ::testing::ElementsAre("Edema", "Mass", "Lung Lesion")) << "only trained ones";
  EXPECT_EQ(model->info().architecture, "TorchXRayVisionDenseNet");
  const auto image = grey_image(golden.at("torchxrayvision.image"));
  const auto expected = golden.at("torchxrayvision.scores")[0];
  const auto maps = golden.at("torchxrayvision.map");
  const std::vector<std::pair<std::string, int>> labels{{"Edema", 0}, {"Mass", 2}, {"Lung Lesion", 3}};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto& [label, output] = labels[i];
    SCOPED_TRACE(label);
    const auto finding = Highlighter(model, {.label = label}).find(image);
    const auto score = expected[output].item<double>();
    EXPECT_NEAR(score_of(finding, label), score, 1e-4);
    EXPECT_EQ(finding.explained, label);
    const bool shows = maps[static_cast<std::int64_t>(i)].max().item<double>() > 0;
    EXPECT_EQ(largest(finding) > 0, shows && score > 0);
    // The model saw the central 64 of 90 columns.
    for (const int column : {0, 12, 77, 89}) EXPECT_EQ(finding.heat_map[static_cast<std::size_t>(30 * 90 + column)], 0);
  }
}

TEST(ClassifierModel, ProbabilitiesExcludeEachOtherUnlessTheFolderSaysOtherwise) {
  const ChangedFolder folder("vit");
  const auto image = picture(24, 24, 3);
  const auto sum = [&] {
    double total = 0;
    for (const auto& [label, p] : Highlighter(Model::open(folder.path())).find(image).scores) total += p;
    return total;
  };
  EXPECT_NEAR(sum(), 1, 1e-5);
  folder.set("problem_type", "multi_label_classification");
  EXPECT_GT(std::abs(sum() - 1), 1e-3);
}

TEST(ClassifierModel, TheChosenLabelIsExplained) {
  const auto model = Model::open(tests::model_folder("vit"));
  const auto image = picture(50, 40, 4);
  const auto likeliest = Highlighter(model).find(image);
  for (const auto& [label, p] : likeliest.scores) {
    const auto finding = Highlighter(model, {.threshold = 0.0, .label = label}).find(image);
    EXPECT_EQ(finding.label, likeliest.label) << "what is likeliest does not depend on what is explained";
    EXPECT_EQ(finding.explained, label);
    EXPECT_LE(largest(finding), p + 1e-6);
    ASSERT_EQ(finding.regions.size(), 1U);
    EXPECT_EQ(finding.regions.front().label, label);
  }
  EXPECT_THAT(message_of(ErrorCode::usage, [&] { const Highlighter h(model, {.label = "bird"}); }),
              AllOf(HasSubstr("label is 'bird'"), HasSubstr("cat\n  dog\n  owl")));
}

TEST(ClassifierModel, TheMirroredImageCountsWhenAsked) {
  const auto model = Model::open(tests::model_folder("resnet"));
  auto image = picture(64, 64, 5);
  auto mirrored = image;
  for (std::size_t y = 0; y < 64; ++y) {
    for (std::size_t x = 0; x < 64; ++x) {
      std::copy_n(&image.pixels[(y * 64 + 63 - x) * 3], 3, &mirrored.pixels[(y * 64 + x) * 3]);
    }
  }
  const Highlighter highlighter(model, {.flip = true});
  const auto one = highlighter.find(image), other = highlighter.find(mirrored);
  EXPECT_EQ(one.label, other.label);
  for (std::size_t y = 0; y < 64; ++y) {
    for (std::size_t x = 0; x < 64; ++x) {
      ASSERT_NEAR(one.heat_map[y * 64 + x], other.heat_map[y * 64 + 63 - x], 1e-4);
    }
  }
}

TEST(ClassifierModel, AnEncoderAloneOpensButMarksNothing) {
  const auto model = Model::open(tests::model_folder("vit-headless"));
  EXPECT_GT(model->info().parameters, 0);
  EXPECT_TRUE(model->info().labels.empty());
  EXPECT_THAT(message_of(ErrorCode::model, [&] { const Highlighter highlighter(model); }),
              AllOf(HasSubstr("marks nothing"), HasSubstr("an image encoder with a classifier")));
}

TEST(ClassifierModel, TheFoldersPreprocessingWins) {
  const ChangedFolder folder("dinov2");
  EXPECT_EQ(Model::open(folder.path())->info().input_width, 224) << "as published";
  folder.write("preprocessor_config.json",
               R"({"size": {"shortest_edge": 40}, "crop_size": {"height": 32, "width": 16}, "do_center_crop": true})");
  EXPECT_EQ(Model::open(folder.path())->info().input_width, 16);
  EXPECT_EQ(Model::open(folder.path())->info().input_height, 32);
  folder.write("preprocessor_config.json",
               R"({"size": {"shortest_edge": 40}, "crop_size": {"height": 33, "width": 16}, "do_center_crop": true})");
  EXPECT_THAT(message_of(ErrorCode::model, [&] { Model::open(folder.path()); }),
              AllOf(HasSubstr("16 x 33 pixels"), HasSubstr("multiples of 8")));
  const ChangedFolder fixed("vit");
  fixed.write("preprocessor_config.json", R"({"size": {"height": 32, "width": 32}})");
  EXPECT_THAT(message_of(ErrorCode::model, [&] { Model::open(fixed.path()); }),
              AllOf(HasSubstr("32 x 32 pixels"), HasSubstr("24 x 24")));
}

TEST(ClassifierModel, LabelsThatComeTwiceGetTheirNumbers) {
  EXPECT_EQ(distinct_labels({"crane", "", "owl", "", "crane"}),
            (std::vector<std::string>{"crane (0)", "", "owl", "", "crane (4)"}));
}

TEST(ClassifierModel, AFolderOfNoFamilyIsToldWhatThereIs) {
  const ChangedFolder folder("vit");
  folder.set("model_type", "swin");
  EXPECT_THAT(message_of(ErrorCode::model, [&] { Model::open(folder.path()); }),
              AllOf(HasSubstr("'model_type' is 'swin'"), HasSubstr("blip"), HasSubstr("resnet"), HasSubstr("convnext"),
                    HasSubstr("torchxrayvision-densenet")));
}

}  // namespace
}  // namespace fovea::nn
