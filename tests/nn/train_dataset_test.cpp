/// Caption data in memory: pixels, words, and the batches of tokens that a decoder is trained on.
#include <cstdint>
#include <string>
#include <vector>

#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "fovea/error.hpp"
#include "image/resize.hpp"
#include "io/image_writer.hpp"
#include "train/caption_dataset.hpp"

namespace fovea::train {
namespace {

using testing::ElementsAre;
using text::Vocabulary;

/// An image of which every pixel is another one.
Image gradient_image(int width, int height, int shift) {
  Image image{.width = width, .height = height, .pixels = {}, .geometry = {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (const int value : {x * 3 + shift, y * 3, x + y}) image.pixels.push_back(static_cast<std::uint8_t>(value));
    }
  }
  return image;
}

at::Tensor pixels_of(const Image& image) {
  return at::from_blob(const_cast<std::uint8_t*>(image.pixels.data()), {image.height, image.width, 3},
                       at::TensorOptions(at::kByte))
      .clone();
}

class CaptionDatasetTest : public testing::Test {
 protected:
  CaptionDatasetTest() {
    io::write_png(temp_ / "a.png", square_);
    io::write_png(temp_ / "b.png", wide_);
    io::write_png(temp_ / "c.png", gradient_image(32, 32, 20));
    temp_.write("data.jsonl", R"({"image": "a.png", "captions": ["A dog runs.", "Two dogs!"]}
{"image": "b.png", "captions": ["A man turns LEFT."]}
{"image": "c.png", "captions": ["The leftover rights.", "On the right, a cat"]}
)");
  }

  tests::TempFolder temp_;
  const Image square_ = gradient_image(32, 32, 0);
  const Image wide_ = gradient_image(50, 20, 9);
};

TEST_F(CaptionDatasetTest, HoldsTheWholePhotoAsTheModelTakesIt) {
  const auto data = load_caption_dataset(temp_ / "data.jsonl", 32, 1);
  ASSERT_EQ(data.size(), 3);
  EXPECT_EQ(data.pixels.sizes(), at::IntArrayRef({3, 32, 32, 3}));
  EXPECT_TRUE(at::equal(data.pixels[0], pixels_of(square_)));
  EXPECT_TRUE(at::equal(data.pixels[1], pixels_of(image::resize(wide_, 32, 32, image::Filter::bilinear))));
  EXPECT_THAT(data.words[0], ElementsAre(ElementsAre("a", "dog", "runs"), ElementsAre("two", "dogs")));
}

TEST_F(CaptionDatasetTest, ImagesWhoseCaptionsSpeakOfSidesMayNotFlip) {
  const auto data = load_caption_dataset(temp_ / "data.jsonl", 32, 1);
  EXPECT_THAT(data.may_flip, ElementsAre(true, false, false));
}

TEST_F(CaptionDatasetTest, IsTheSameOnAnyNumberOfThreads) {
  const auto one = load_caption_dataset(temp_ / "data.jsonl", 32, 1);
  const auto four = load_caption_dataset(temp_ / "data.jsonl", 32, 4);
  EXPECT_TRUE(at::equal(one.pixels, four.pixels));
  EXPECT_EQ(one.digest, four.digest);
  io::write_png(temp_ / "c.png", gradient_image(32, 32, 21));
  EXPECT_NE(load_caption_dataset(temp_ / "data.jsonl", 32, 4).digest, one.digest);
}

TEST_F(CaptionDatasetTest, ImagesThatCannotBeReadAreErrorsOnAnyThread) {
  for (const int threads : {1, 3}) {
    temp_.write("c.png", "no picture");
    EXPECT_THROW(load_caption_dataset(temp_ / "data.jsonl", 32, threads), Error);
    std::filesystem::remove(temp_ / "c.png");
    EXPECT_THROW(load_caption_dataset(temp_ / "data.jsonl", 32, threads), Error);
  }
}

TEST(EncodeCaption, CutsLongCaptionsAndSaysSo) {
  const Vocabulary words({"<pad>", "<bos>", "<eos>", "<unk>", "a", "dog", "runs"});
  const auto whole = encode_caption({"a", "dog", "runs"}, words, 3);
  EXPECT_THAT(whole.ids, ElementsAre(4, 5, 6));
  EXPECT_TRUE(whole.ended);
  const auto cut = encode_caption({"a", "dog", "runs"}, words, 2);
  EXPECT_THAT(cut.ids, ElementsAre(4, 5));
  EXPECT_FALSE(cut.ended);
  EXPECT_THAT(encode_caption({"a", "cat"}, words, 3).ids, ElementsAre(4, Vocabulary::kUnknown));
  EXPECT_TRUE(encode_caption({}, words, 3).ended);
}

TEST(TokenBatch, HasBeginEndAndPaddingAndNoEndWhereACaptionWasCut) {
  const std::vector<std::vector<EncodedCaption>> captions{{{{4, 5}, true}, {{6}, true}},
                                                          {{{7, 8, 9, 4}, true}},
                                                          {{{4, 4, 4}, false}, {{}, true}, {{5, 5, 5, 5, 5, 5}, true}}};
  const auto batch = make_token_batch(captions, {2, 0}, 2);
  // As long as the longest caption of these images needs.
  EXPECT_TRUE(at::equal(batch, at::tensor({1, 4, 4, 4, 0, 0, 0, 0,  //
                                           1, 2, 0, 0, 0, 0, 0, 0,  //
                                           1, 4, 5, 2, 0, 0, 0, 0,  //
                                           1, 6, 2, 0, 0, 0, 0, 0},
                                          at::TensorOptions(at::kLong))
                                   .view({2, 2, 8})))
      << batch;
}

TEST(TokenBatch, ImagesWithFewerCaptionsRepeatThem) {
  const std::vector<std::vector<EncodedCaption>> captions{{{{4}, true}, {{5}, true}}};
  const auto batch = make_token_batch(captions, {0}, 3);
  EXPECT_TRUE(at::equal(batch, at::tensor({1, 4, 2, 1, 5, 2, 1, 4, 2}, at::TensorOptions(at::kLong)).view({1, 3, 3})));
}

}  // namespace
}  // namespace fovea::train
