#include "fovea/captioner.hpp"

#include <random>
#include <set>
#include <string>
#include <thread>

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "fovea/error.hpp"
#include "image/input_view.hpp"
#include "nn/caption_model.hpp"

namespace fovea {
namespace {

nn::CaptionConfig small_config(nn::DecoderFamily family) {
  nn::CaptionConfig config;
  config.name = "small";
  config.licence = "none";
  config.input_size = 64;
  config.grid = nn::TokenGrid::fine;  // 4 x 4
  config.backbone = {.width = 32, .heads = 4, .layers = 1, .mlp_ratio = 2};
  config.decoder = family;
  config.transformer = {.vocabulary_size = 24, .max_positions = 16, .transformer = config.backbone};
  config.lstm = {
      .vocabulary_size = 24, .feature_size = 32, .embedding_size = 24, .state_size = 32, .attention_size = 16};
  return config;
}

/// A model folder with random weights, sharpened so that words are not all equally likely.
void write_model(const std::filesystem::path& folder, nn::DecoderFamily family) {
  at::manual_seed(3);
  const auto config = small_config(family);
  nn::CaptionNetwork network(config);
  const at::NoGradGuard no_grad;
  for (auto& parameter : network->decoder().parameters()) parameter.mul_(parameter.size(0) == 24 ? 12 : 1.6);
  std::vector<std::string> words{"<pad>", "<bos>", "<eos>", "<unk>"};
  while (words.size() < 24) words.push_back("word" + std::to_string(words.size()));
  nn::save_caption_model(folder, config, text::Vocabulary(words), *network);
}

std::vector<Image> noise_images(int count) {
  std::mt19937 generator(7);
  std::vector<Image> images;
  for (int i = 0; i < count; ++i) {
    Image image{.width = 50 + 7 * i, .height = 90 - 5 * i, .pixels = {}, .geometry = {}};
    image.geometry.width = image.width;
    image.geometry.height = image.height;
    const int block = 1 + static_cast<int>(generator() % 20);  // coarse noise: networks see its shapes
    std::vector<std::uint8_t> colours(4096);
    for (auto& colour : colours) colour = static_cast<std::uint8_t>(generator());
    for (int y = 0; y < image.height; ++y) {
      for (int x = 0; x < 3 * image.width; ++x) {
        image.pixels.push_back(
            colours[static_cast<std::size_t>((y / block * 31 + x / (3 * block)) * 3 + x % 3) % 4096]);
      }
    }
    images.push_back(std::move(image));
  }
  return images;
}

class CaptionerTest : public testing::TestWithParam<nn::DecoderFamily> {
 protected:
  CaptionerTest() {
    write_model(folder_ / "small", GetParam());
    model_ = Model::open(folder_ / "small");
    options_.max_length = 10;
  }

  std::vector<PreparedImage> prepared(const Captioner& captioner) const {
    std::vector<PreparedImage> result;
    for (const auto& image : noise_images(7)) result.push_back(captioner.prepare(image));
    return result;
  }

  tests::TempFolder folder_;
  std::shared_ptr<const Model> model_;
  CaptionOptions options_;
};

TEST_P(CaptionerTest, CaptionsOfABatchAreThoseOfSingleImages) {
  options_.top = 3;
  const Captioner captioner(model_, options_);
  const auto images = noise_images(7);
  const auto batch = captioner.caption(prepared(captioner));
  ASSERT_EQ(batch.size(), 7U);
  std::set<std::string> distinct;
  for (const auto& caption : batch) distinct.insert(caption.hypotheses.front().text);
  EXPECT_GT(distinct.size(), 3U) << "the images do not matter: this test would prove nothing";
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto single = captioner.caption(images[i]);
    ASSERT_EQ(single.hypotheses.size(), 3U);
    for (std::size_t j = 0; j < 3; ++j) {
      EXPECT_EQ(single.hypotheses[j].text, batch[i].hypotheses[j].text);
      EXPECT_NEAR(single.hypotheses[j].log_prob, batch[i].hypotheses[j].log_prob, 1e-3);
    }
  }
}

TEST_P(CaptionerTest, HypothesesAreConsistent) {
  options_.top = 2;
  const Captioner captioner(model_, options_);
  for (const auto& caption : captioner.caption(prepared(captioner))) {
    for (const auto& hypothesis : caption.hypotheses) {
      EXPECT_FALSE(hypothesis.text.empty());
      EXPECT_LE(hypothesis.words.size(), 10U);
      ASSERT_EQ(hypothesis.words.size(), hypothesis.word_log_probs.size());
      double sum = 0;
      for (const float value : hypothesis.word_log_probs) sum += value;
      if (hypothesis.finished) {
        EXPECT_LT(hypothesis.log_prob, sum + 1e-9) << "the end token counts";
      } else {
        EXPECT_NEAR(hypothesis.log_prob, sum, 1e-6);
      }
      EXPECT_TRUE(hypothesis.attention.weights.empty());
    }
  }
}

TEST_P(CaptionerTest, AttentionOnRequest) {
  options_.attention = true;
  const Captioner captioner(model_, options_);
  const bool lstm = GetParam() == nn::DecoderFamily::lstm;
  for (const auto& caption : captioner.caption(prepared(captioner))) {
    const auto& best = caption.hypotheses.front();
    const auto& maps = best.attention;
    EXPECT_EQ(maps.words, static_cast<int>(best.words.size()));
    EXPECT_EQ(maps.heads, lstm ? 1 : 4);
    EXPECT_EQ(maps.layers, 1);
    EXPECT_EQ(maps.grid_height, 4);
    EXPECT_EQ(maps.grid_width, 4);
    for (int word = 0; word < maps.words; ++word) {
      double sum = 0;
      for (const float weight : maps.word_map(word)) sum += weight;
      EXPECT_NEAR(sum, 1, 1e-5);
    }
    EXPECT_THROW(maps.word_map(maps.words), Error);
  }
}

TEST_P(CaptionerTest, SamplesAreReproducible) {
  options_.sample = true;
  options_.beam = 1;
  options_.top = 4;
  options_.seed = 9;
  const Captioner captioner(model_, options_);
  const auto images = prepared(captioner);
  const auto batch = captioner.caption(images);
  const auto last = captioner.caption(std::span(images).last(1));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(batch.back().hypotheses[i].text, last.front().hypotheses[i].text);
  }
}

TEST_P(CaptionerTest, Bf16WritesCaptions) {
  options_.attention = true;
  const Captioner captioner(Model::open(folder_ / "small", {.precision = Precision::bf16}), options_);
  for (const auto& caption : captioner.caption(prepared(captioner))) {
    const auto& best = caption.hypotheses.front();
    EXPECT_FALSE(best.words.empty());
    double sum = 0;
    for (const float weight : best.attention.word_map(0)) sum += weight;
    EXPECT_NEAR(sum, 1, 1e-5);
  }
}

TEST_P(CaptionerTest, OneCaptionerServesSeveralThreads) {
  const Captioner captioner(model_, options_);
  const auto images = prepared(captioner);
  const auto expected = captioner.caption(images);
  std::vector<std::vector<Caption>> results(3);
  std::vector<std::thread> threads;
  for (auto& result : results) threads.emplace_back([&] { result = captioner.caption(images); });
  for (auto& thread : threads) thread.join();
  for (const auto& result : results) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(result[i].hypotheses.front().text, expected[i].hypotheses.front().text);
    }
  }
}

TEST_P(CaptionerTest, PreparedImagesHaveTheModelsSizeAndKeepTheirGeometry) {
  const Captioner captioner(model_, options_);
  auto image = noise_images(1).front();
  image.geometry.exif_orientation = 6;
  const auto prepared = captioner.prepare(image);
  EXPECT_EQ(prepared.pixels.size(), 64U * 64U * 3U);
  EXPECT_EQ(prepared.geometry.exif_orientation, 6);
  EXPECT_EQ(prepared.geometry.width, image.width);
  EXPECT_TRUE(image::shows_all(prepared.view, image.width, image.height));  // squashed
  EXPECT_EQ(prepared.view.width, image.width);
  EXPECT_EQ(captioner.decoded_side(), 64);
}

TEST_P(CaptionerTest, AttentionLiesOverWhatTheModelSaw) {
  options_.attention = true;
  const Captioner captioner(model_, options_);
  auto images = prepared(captioner);
  images[1].view = {.x = 10, .y = -5, .width = 30, .height = 60};
  const auto captions = captioner.caption(images);
  EXPECT_EQ(captions[0].hypotheses.front().attention.view.width, images[0].geometry.width);
  for (const auto& hypothesis : captions[1].hypotheses) {
    EXPECT_EQ(hypothesis.attention.view.x, 10);
    EXPECT_EQ(hypothesis.attention.view.y, -5);
    EXPECT_EQ(hypothesis.attention.view.width, 30);
    EXPECT_EQ(hypothesis.attention.view.height, 60);
  }
}

TEST_P(CaptionerTest, NoImagesNoCaptions) {
  const Captioner captioner(model_, options_);
  EXPECT_TRUE(captioner.caption(std::span<const PreparedImage>()).empty());
}

TEST_P(CaptionerTest, RefusesWhatDoesNotFit) {
  options_.beam = 0;
  EXPECT_THROW(Captioner(model_, options_), Error);
  EXPECT_THROW(Captioner(nullptr), Error);
  options_ = {};
  options_.max_length = 15;
  const Captioner captioner(model_, options_);
  const PreparedImage wrong{.pixels = std::vector<std::uint8_t>(10), .geometry = {}};
  EXPECT_THROW(captioner.caption(std::span(&wrong, 1)), Error);
  options_.max_length = 16;  // the transformer has 16 positions, one of them for the begin token
  if (GetParam() == nn::DecoderFamily::transformer) {
    EXPECT_THROW(Captioner(model_, options_), Error);
  } else {
    EXPECT_NO_THROW(Captioner(model_, options_));
  }
}

INSTANTIATE_TEST_SUITE_P(Families, CaptionerTest,
                         testing::Values(nn::DecoderFamily::transformer, nn::DecoderFamily::lstm),
                         [](const auto& family) {
                           return family.param == nn::DecoderFamily::lstm ? "lstm" : "transformer";
                         });

TEST(SetNumThreads, RefusesNone) { EXPECT_THROW(set_num_threads(0), Error); }

class OtherModel final : public Model {
 public:
  OtherModel() {
    info_.id = "finder";
    info_.architecture = "FoveaHighlighter";
  }
  const ModelInfo& info() const noexcept override { return info_; }

 private:
  ModelInfo info_;
};

TEST(Captioner, RefusesAModelThatWritesNoCaptions) {
  try {
    Captioner captioner(std::make_shared<const OtherModel>());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::model);
    EXPECT_NE(std::string(error.what()).find("FoveaHighlighter"), std::string::npos);
  }
}

}  // namespace
}  // namespace fovea
