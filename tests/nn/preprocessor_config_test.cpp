#include "nn/preprocessor_config.hpp"

#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/temp_folder.hpp"
#include "fovea/error.hpp"
#include "preprocess_goldens.hpp"

namespace fovea::nn {
namespace {

using image::CentreRule;
using image::Filter;
using image::InputTransform;
using image::ResizeRule;
using nlohmann::json;
using testing::HasSubstr;
using tests::largest_difference;
using tests::PreprocessGoldens;

json configs() {
  std::ifstream in(FOVEA_TEST_DATA_DIR "/nn/preprocess_configs.json");
  return json::parse(in);
}

InputTransform parse(const std::string& text, ImageProcessor processor = ImageProcessor::vit) {
  return parse_preprocessor_config(text, processor, "test.json");
}

std::string refusal(const std::string& text) {
  try {
    parse(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::model) << text;
    return error.what();
  }
  return "nothing was refused";
}

TEST(PreprocessorConfig, PixelsEqualTransformersPilBackend) {
  const PreprocessGoldens goldens;
  int cases = 0;
  const json all = configs().at("processors");
  for (const auto& [name, config] : all.items()) {
    const auto transform = parse(config.dump());
    for (const auto& golden : goldens.names("pil." + name + ".")) {
      const auto result = image::apply(goldens.input_of(golden), transform).image;
      EXPECT_EQ(largest_difference(result, goldens.image(golden)), 0) << golden;
      ++cases;
    }
  }
  EXPECT_EQ(cases, 15 * 7 + 4 * 3);
}

// The two backends are not always within one of each other, and then the PIL backend is followed: where an odd number
// of pixels is filled up they put the image at different places (padded, limited, unresized), and where an image that
// is much too tall is also too narrow, Pillow 13 resizes it in the other order, and the cubic is cut off in between.
TEST(PreprocessorConfig, PixelsAreWithinOneOfTransformersTorchvisionBackend) {
  const PreprocessGoldens goldens;
  const json all = configs().at("processors");
  int cases = 0;
  std::vector<std::string> apart;
  for (const auto& [name, config] : all.items()) {
    const auto transform = parse(config.dump());
    for (const auto& golden : goldens.names("torchvision." + name + ".")) {
      const auto case_name = golden.substr(golden.find('.') + 1);
      const Image expected = goldens.image(golden);
      ++cases;
      if (largest_difference(goldens.image("pil." + case_name), expected) > 1) {
        apart.push_back(case_name);
        continue;
      }
      const auto result = image::apply(goldens.input_of(golden), transform).image;
      EXPECT_LE(largest_difference(result, expected), 1) << golden;
    }
  }
  EXPECT_GT(cases, 25);
  EXPECT_THAT(apart, testing::UnorderedElementsAre("blip.4", "deit_fast.4", "deit_old.4", "limited.2", "limited.4",
                                                   "padded.0", "padded.2", "padded.4", "unresized.2", "unresized.4"));
}

TEST(PreprocessorConfig, PixelsEqualTimm) {
  const PreprocessGoldens goldens;
  int cases = 0;
  const json all = configs().at("timm");
  for (const auto& [name, config] : all.items()) {
    const json file{{"architecture", "some"}, {"num_features", 8}, {"pretrained_cfg", config}};
    const auto transform = parse_timm_config(file.dump(), "config.json");
    EXPECT_EQ(parse_timm_config(config.dump(), "config.json"), transform);  // as the first releases wrote it
    for (const auto& golden : goldens.names("timm." + name + ".")) {
      const auto result = image::apply(goldens.input_of(golden), transform).image;
      EXPECT_EQ(largest_difference(result, goldens.image(golden)), 0) << golden;
      ++cases;
    }
  }
  EXPECT_EQ(cases, 6 * 4);
}

TEST(PreprocessorConfig, ClassesHaveTheirOwnDefaults) {
  for (const auto id :
       {ImageProcessor::vit, ImageProcessor::deit, ImageProcessor::blip, ImageProcessor::clip, ImageProcessor::bit,
        ImageProcessor::convnext, ImageProcessor::mobilenet_v1, ImageProcessor::mobilenet_v2}) {
    EXPECT_NO_THROW(image::validate(class_defaults(id)));
    EXPECT_EQ(class_defaults(id), parse("{}", id));
    EXPECT_EQ(class_defaults(id).scale, 1.0 / 255);
  }
  const auto vit = class_defaults(ImageProcessor::vit);
  EXPECT_EQ(vit.rule, ResizeRule::exact);
  EXPECT_EQ(vit.filter, Filter::bilinear);
  EXPECT_EQ(vit.width, 224);
  EXPECT_EQ(vit.mean[1], 0.5);
  const auto deit = class_defaults(ImageProcessor::deit);
  EXPECT_EQ(deit.resize_width, 256);
  EXPECT_EQ(deit.width, 224);
  EXPECT_EQ(deit.filter, Filter::bicubic);
  EXPECT_EQ(class_defaults(ImageProcessor::blip).width, 384);
  EXPECT_EQ(class_defaults(ImageProcessor::blip).std[2], 0.27577711);
  EXPECT_EQ(class_defaults(ImageProcessor::clip).rule, ResizeRule::shortest_edge);
  EXPECT_EQ(class_defaults(ImageProcessor::bit).shortest_edge, 224);
  EXPECT_EQ(class_defaults(ImageProcessor::convnext).resize_width, 384);  // squashed
  EXPECT_EQ(class_defaults(ImageProcessor::mobilenet_v2).shortest_edge, 256);
  EXPECT_EQ(class_defaults(ImageProcessor::mobilenet_v2).filter, Filter::bilinear);
}

TEST(PreprocessorConfig, TheClassInTheFileWinsUnderEachOfItsNames) {
  for (const std::string name : {"BlipImageProcessor", "BlipImageProcessorFast", "BlipImageProcessorPil"}) {
    EXPECT_EQ(parse(R"({"image_processor_type": ")" + name + "\"}"), class_defaults(ImageProcessor::blip)) << name;
  }
  EXPECT_EQ(parse(R"({"feature_extractor_type": "CLIPFeatureExtractor"})"), class_defaults(ImageProcessor::clip));
  EXPECT_EQ(parse(R"({"processor_class": "BlipProcessor", "image_processor": {"image_processor_type":
                      "BlipImageProcessorFast", "data_format": "channels_first", "size": {"height": 384, "width": 384,
                      "shortest_edge": null}, "crop_size": null, "do_center_crop": null}})"),
            class_defaults(ImageProcessor::blip));
}

TEST(PreprocessorConfig, ASingleNumberIsASquareOrAnEdgeByTheClass) {
  EXPECT_EQ(parse(R"({"size": 96})").rule, ResizeRule::exact);
  EXPECT_EQ(parse(R"({"size": 96})").width, 96);
  EXPECT_EQ(parse(R"({"size": 96, "crop_size": 64})", ImageProcessor::clip).rule, ResizeRule::shortest_edge);
  EXPECT_EQ(parse(R"({"size": [96, 64]})").height, 96);
  EXPECT_EQ(parse(R"({"size": [96, 64]})").width, 64);
  const auto convnext = parse(R"({"size": 224, "crop_pct": 0.95})", ImageProcessor::convnext);
  EXPECT_EQ(convnext.shortest_edge, 235);
  EXPECT_EQ(convnext.width, 224);
}

TEST(PreprocessorConfig, ValuesMayStayAsTheyAre) {
  const auto raw = parse(R"({"do_rescale": false, "do_normalize": false})");
  EXPECT_EQ(raw.scale, 1);
  EXPECT_EQ(raw.mean[0], 0);
  EXPECT_EQ(raw.std[0], 1);
  const auto own = parse(R"({"rescale_factor": 0.5, "image_mean": 0.25, "image_std": [1, 2, 3]})");
  EXPECT_EQ(own.scale, 0.5);
  EXPECT_THAT(own.mean, testing::Each(0.25));
  EXPECT_THAT(own.std, testing::ElementsAre(1, 2, 3));
}

TEST(PreprocessorConfig, RefusesByName) {
  EXPECT_THAT(refusal(R"({"image_processor_type": "SamImageProcessor"})"),
              testing::AllOf(HasSubstr("'image_processor_type' is 'SamImageProcessor'"), HasSubstr("ViTImageProcessor"),
                             HasSubstr("test.json")));
  EXPECT_THAT(refusal(R"({"feature_extractor_type": "DonutFeatureExtractor"})"), HasSubstr("DonutFeatureExtractor"));
  EXPECT_THAT(refusal(R"({"do_flip_channel_order": true})"), HasSubstr("'do_flip_channel_order' is not supported"));
  EXPECT_THAT(refusal(R"({"do_pad": true, "pad_size": {"height": 500, "width": 500}})"), HasSubstr("'pad_size'"));
  EXPECT_THAT(refusal(R"({"use_square_size": true})"), HasSubstr("'use_square_size' is not supported"));
  EXPECT_THAT(refusal(R"({"size": {"shortest_edge": 64}})"), HasSubstr("neither 'size' nor 'crop_size'"));
  EXPECT_THAT(refusal(R"({"do_resize": false})"), HasSubstr("neither 'size' nor 'crop_size'"));
  EXPECT_THAT(refusal(R"({"do_center_crop": true})"), HasSubstr("'crop_size' has no"));
  EXPECT_THAT(refusal(R"({"size": {"longest_edge": 64}})"), HasSubstr("'height' and 'width', or 'shortest_edge'"));
  EXPECT_THAT(refusal(R"({"size": {"max_height": 64, "max_width": 64}})"),
              HasSubstr("'max_height' is not a known key"));
  EXPECT_THAT(refusal(R"({"size": 0})"), HasSubstr("'size' is 0"));
  EXPECT_THAT(refusal(R"({"size": 1e9})"), HasSubstr("'size' is"));
  EXPECT_THAT(refusal(R"({"size": 18446744073709551615})"), HasSubstr("'size' is 18446744073709551615"));
  EXPECT_THAT(refusal(R"({"size": [3, 4, 5]})"), HasSubstr("'size' is [3,4,5]"));
  EXPECT_THAT(refusal(R"({"resample": 6})"), HasSubstr("'resample' is 6"));
  EXPECT_THAT(refusal(R"({"image_mean": [0.5, 0.5]})"), HasSubstr("'image_mean' is [0.5,0.5], expected 3 numbers"));
  EXPECT_THAT(refusal(R"({"image_std": [1, 0, 1]})"), HasSubstr("'image_std' is [1,0,1]"));
  EXPECT_THAT(refusal(R"({"do_resize": "yes"})"), HasSubstr("'do_resize' is \"yes\", expected true or false"));
  EXPECT_THAT(refusal(R"({"image_processor_type": "ConvNextImageProcessor", "size": {"height": 9, "width": 9}})"),
              HasSubstr("'shortest_edge'"));
  EXPECT_THAT(refusal(R"({"image_processor_type": "ConvNextImageProcessor", "size": 64, "do_center_crop": true,
                          "crop_size": 32})"),
              HasSubstr("another size than 'size'"));
  EXPECT_THAT(refusal("[]"), HasSubstr("expected an object"));
  EXPECT_THAT(refusal("{"), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal(R"({"image_processor": 7})"), HasSubstr("test.json: image_processor: expected an object"));
}

TEST(PreprocessorConfig, AFolderMayHaveEitherFileOrNone) {
  const tests::TempFolder folder;
  EXPECT_FALSE(read_preprocessing(folder.path(), ImageProcessor::bit));
  folder.write("preprocessor_config.json", R"({"image_processor_type": "ViTImageProcessor", "size": 64})");
  EXPECT_EQ(read_preprocessing(folder.path(), ImageProcessor::bit)->width, 64);
  folder.write("processor_config.json", R"({"processor_class": "BlipProcessor"})");
  EXPECT_EQ(read_preprocessing(folder.path(), ImageProcessor::bit)->width, 64);
  folder.write("processor_config.json", R"({"image_processor": {"image_processor_type": "BlipImageProcessor"}})");
  EXPECT_EQ(read_preprocessing(folder.path(), ImageProcessor::bit)->width, 384);
}

TEST(TimmConfig, MissingKeysAreTimmsDefaults) {
  const auto transform = parse_timm_config(R"({"pretrained_cfg": {"crop_pct": null}})", "config.json");
  EXPECT_EQ(transform.width, 224);
  EXPECT_EQ(transform.shortest_edge, 256);
  EXPECT_EQ(transform.filter, Filter::bicubic);
  EXPECT_EQ(transform.centre, CentreRule::nearest_even);
  EXPECT_EQ(transform.mean, image::kImageNetMean);
  EXPECT_NO_THROW(image::validate(transform));
}

TEST(TimmConfig, RefusesByName) {
  const auto refuses = [](const std::string& text, const std::string& message) {
    EXPECT_THAT([&] { parse_timm_config(R"({"pretrained_cfg": )" + text + "}", "config.json"); },
                testing::ThrowsMessage<Error>(HasSubstr(message)));
  };
  refuses(R"({"input_size": [1, 224, 224]})", "'input_size' is [1,224,224], expected [3, height, width]");
  refuses(R"({"input_size": [3, 0, 224]})", "'input_size'");
  refuses(R"({"interpolation": "random"})", "'interpolation' is 'random'");
  refuses(R"({"crop_mode": "somewhere"})", "'crop_mode' is 'somewhere', expected one of: center, squash, border");
  refuses(R"({"crop_pct": 0})", "'crop_pct' is 0");
  refuses("4", "pretrained_cfg: expected an object");
}

}  // namespace
}  // namespace fovea::nn
