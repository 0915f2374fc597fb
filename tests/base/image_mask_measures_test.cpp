#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/error.hpp"
#include "fovea/loader.hpp"
#include "image/mask_measures.hpp"
#include "shared_data.hpp"
#include "text/lesion_facts.hpp"

namespace fovea::image {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Property;
using testing::Throws;

MaskMeasures measure(const cv::Mat1b& mask) { return measure_mask({mask.data, mask.total()}, mask.cols, mask.rows); }

cv::Mat1b empty_mask(int width, int height) { return cv::Mat1b(height, width, std::uint8_t{0}); }

TEST(MaskMeasures, RefuseAnotherSize) {
  const auto refused = [](std::size_t count, int width, int height) {
    return [=] { measure_mask(std::vector<std::uint8_t>(count), width, height); };
  };
  const auto usage = [](const std::string& why) {
    return Throws<Error>(AllOf(Property(&Error::code, ErrorCode::usage), Property(&Error::what, HasSubstr(why))));
  };
  EXPECT_THAT(refused(5, 2, 2), usage("2 x 2 pixels has 5 values"));
  EXPECT_THAT(refused(0, 0, 0), usage("0 x 0"));
  EXPECT_THAT(refused(4, -2, -2), usage("-2 x -2"));
}

TEST(MaskMeasures, OfAnEmptyMask) { EXPECT_EQ(measure(empty_mask(20, 10)).lesions, 0); }

TEST(MaskMeasures, OfOnePixel) {
  cv::Mat1b mask = empty_mask(200, 100);
  mask(99, 0) = 255;
  const auto measures = measure(mask);
  EXPECT_EQ(measures.lesions, 1) << "a speck counts when there is nothing else";
  EXPECT_DOUBLE_EQ(measures.area_share, 1.0 / 20'000);
  EXPECT_DOUBLE_EQ(measures.centre_x, 0.5 / 200);
  EXPECT_DOUBLE_EQ(measures.centre_y, 99.5 / 100);
  EXPECT_DOUBLE_EQ(measures.axis_ratio, 1);
  EXPECT_DOUBLE_EQ(measures.solidity, 1);
}

TEST(MaskMeasures, OfTheWholeImage) {
  const auto measures = measure(cv::Mat1b(50, 100, std::uint8_t{1}));
  EXPECT_EQ(measures.lesions, 1);
  EXPECT_DOUBLE_EQ(measures.area_share, 1);
  EXPECT_DOUBLE_EQ(measures.centre_x, 0.5);
  EXPECT_DOUBLE_EQ(measures.centre_y, 0.5);
  EXPECT_NEAR(measures.axis_ratio, 0.5, 1e-9);
  EXPECT_DOUBLE_EQ(measures.solidity, 1);
}

TEST(MaskMeasures, OfEllipsesWhateverTheirDirection) {
  for (const int degrees : {0, 30, 45, 90}) {
    cv::Mat1b mask = empty_mask(400, 400);
    cv::ellipse(mask, {200, 150}, {100, 50}, degrees, 0, 360, 1, cv::FILLED);
    const auto measures = measure(mask);
    EXPECT_NEAR(measures.axis_ratio, 0.5, 0.01) << degrees;
    EXPECT_GT(measures.solidity, 0.97) << degrees;
    EXPECT_NEAR(measures.area_share, CV_PI * 100 * 50 / 160'000, 0.002) << degrees;
    EXPECT_NEAR(measures.centre_x, 0.5, 0.003) << degrees;
    EXPECT_NEAR(measures.centre_y, 0.375, 0.003) << degrees;
  }
}

TEST(MaskMeasures, DentsCostSolidity) {
  cv::Mat1b mask = empty_mask(100, 100);
  mask(cv::Rect(20, 20, 60, 60)).setTo(1);
  mask(cv::Rect(40, 20, 20, 40)).setTo(0);
  EXPECT_NEAR(measure(mask).solidity, 28.0 / 36, 1e-9);
}

TEST(MaskMeasures, AreThoseOfTheLargestLesionAndSpecksDoNotCount) {
  cv::Mat1b mask = empty_mask(100, 100);
  mask(cv::Rect(70, 70, 20, 20)).setTo(255);
  mask(cv::Rect(10, 10, 10, 10)).setTo(1);
  mask(cv::Rect(50, 10, 3, 3)).setTo(1);  // less than 0.1% of the image
  const auto measures = measure(mask);
  EXPECT_EQ(measures.lesions, 2);
  EXPECT_DOUBLE_EQ(measures.area_share, 0.04);
  EXPECT_DOUBLE_EQ(measures.centre_x, 0.8);
}

/// The rules of text/lesion_facts.hpp are chosen so that each class occurs in the data they are made for.
TEST(MaskMeasures, FillTheClassesOfTheBreastUltrasoundData) {
  const auto folder = tests::shared_dir() / "data" / "busi";
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << "no shared data; LesionFacts.SizesAndShapes is the smaller test";
  }
  std::map<std::string, int> counts;
  std::ifstream lines(folder / "train.jsonl");
  for (std::string line; std::getline(lines, line);) {
    const auto record = nlohmann::json::parse(line);
    const auto mask = open_frames(read_bytes(folder / record.at("mask")), "mask", {})->read(1);
    std::vector<std::uint8_t> marked;
    for (std::size_t i = 0; i < mask.pixels.size(); i += 3) marked.push_back(mask.pixels[i]);
    const auto facts = text::describe_lesion(record.at("label").get<std::string>(), "mass",
                                             measure_mask(marked, mask.width, mask.height));
    ++counts[facts.finding->empty() ? "no lesion" : *facts.finding];
    if (facts.finding->empty()) continue;
    ++counts[std::string(to_string(*facts.position))];
    ++counts[std::string(to_string(*facts.size))];
    ++counts[std::string(to_string(*facts.shape))];
    counts["several"] += *facts.count > 1 ? 1 : 0;
  }
  EXPECT_EQ(counts["no lesion"], 94);
  EXPECT_EQ(counts["benign mass"] + counts["malignant mass"], 451);
  for (const char* size : {"small", "medium", "large"}) EXPECT_GT(counts[size], 451 / 4) << size;
  for (const char* shape : {"round", "oval", "elongated", "irregular"}) EXPECT_GT(counts[shape], 451 / 20) << shape;
  for (const char* position : {"upper left", "upper right", "centre"}) EXPECT_GT(counts[position], 451 / 5) << position;
  for (const auto& [name, count] : counts) RecordProperty(name, count);
}

}  // namespace
}  // namespace fovea::image
