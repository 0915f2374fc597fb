#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "fovea/caption_run.hpp"
#include "fovea/error.hpp"
#include "fovea/highlight_run.hpp"
#include "pipeline/options_digest.hpp"

namespace fovea {
namespace {

using pipeline::options_digest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::TempFolder;

/// The message of the usage error that `function` throws.
std::string refusal(const std::function<void()>& function) {
  try {
    function();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::usage) << e.what();
    return e.what();
  }
  ADD_FAILURE() << "not refused";
  return "";
}

CaptionRunOptions good_options() {
  CaptionRunOptions options;
  options.inputs = {"photos"};
  options.output = "captions.jsonl";
  return options;
}

TEST(RunOptions, WrongValuesAreRefusedByName) {
  const std::vector<std::pair<std::string, std::function<void(CaptionRunOptions&)>>> cases{
      {"inputs", [](auto& o) { o.inputs.clear(); }},
      {"inputs", [](auto& o) { o.inputs.emplace_back(""); }},
      {"output", [](auto& o) { o.output = ""; }},
      {"output = a.csv", [](auto& o) { o.csv = true, o.output = "a.csv"; }},
      {"model", [](auto& o) { o.model = ""; }},
      {"include", [](auto& o) { o.include = {""}; }},
      {"exclude",
       [](auto& o) {
         o.exclude = {"a", ""};
       }},
      {"batch = 0", [](auto& o) { o.batch = 0; }},
      {"batch = 5000", [](auto& o) { o.batch = 5000; }},
      {"threads = -1", [](auto& o) { o.threads = -1; }},
      {"loaders = -2", [](auto& o) { o.loaders = -2; }},
      {"max_pixels = 0", [](auto& o) { o.max_pixels = 0; }},
      {"retry_failed", [](auto& o) { o.retry_failed = true, o.resume = false; }},
      {"beam", [](auto& o) { o.caption.beam = 0; }},
  };
  EXPECT_NO_THROW(validate(good_options()));
  for (const auto& [expected, spoil] : cases) {
    CaptionRunOptions options = good_options();
    spoil(options);
    EXPECT_THAT(refusal([&] { validate(options); }), HasSubstr(expected));
  }
}

TEST(OptionsDigest, ChangesWithWhatCanChangeTheText) {
  const CaptionOptions base;
  const std::string digest = options_digest(base, Precision::fp32, 224);
  EXPECT_EQ(digest.size(), 64u);
  const std::vector<std::function<void(CaptionOptions&)>> changes{
      [](auto& o) { o.beam = 5; },
      [](auto& o) { o.max_length = 9; },
      [](auto& o) { o.min_length = 2; },
      [](auto& o) { o.length_penalty = .5; },
      [](auto& o) { o.no_repeat_ngram = 0; },
      [](auto& o) { o.top = 2; },
      [](auto& o) { o.sample = true; },
  };
  for (const auto& change : changes) {
    CaptionOptions options = base;
    change(options);
    EXPECT_NE(options_digest(options, Precision::fp32, 224), digest);
  }
  EXPECT_NE(options_digest(base, Precision::bf16, 224), digest);
  EXPECT_NE(options_digest(base, Precision::fp32, 0), digest);
}

TEST(OptionsDigest, IgnoresWhatCannot) {
  CaptionOptions options;
  options.attention = true;
  options.seed = 7;  // nothing is drawn
  EXPECT_EQ(options_digest(options, Precision::fp32, 224), options_digest({}, Precision::fp32, 224));
}

TEST(OptionsDigest, OfSamplingDependsOnTheSeed) {
  CaptionOptions a;
  a.sample = true;
  CaptionOptions b = a;
  b.seed = 1;
  EXPECT_NE(options_digest(a, Precision::fp32, 224), options_digest(b, Precision::fp32, 224));
}

TEST(OptionsDigest, OfHighlightsChangesWithWhatCanChangeAFinding) {
  const auto digest = [](const HighlightOptions& highlight, const DisplayOptions& display = {},
                         Precision precision = Precision::fp32,
                         bool deidentify = false) { return options_digest(highlight, display, precision, deidentify); };
  const std::vector<std::string> digests{
      digest({}),
      digest({.threshold = 0.5}),
      digest({.threshold = 0.25}),
      digest({.min_region = 0.25}),
      digest({.flip = true}),
      digest({.caption = false}),
      digest({}, {.window = Window{.centre = 40, .width = 400}}),
      digest({}, {.window = Window{.centre = 40, .width = 400, .function = VoiFunction::sigmoid}}),
      digest({}, {.window_index = 2}),
      digest({}, {}, Precision::bf16),
      digest({}, {}, Precision::fp32, true),
  };
  EXPECT_EQ(std::set<std::string>(digests.begin(), digests.end()).size(), digests.size());
  EXPECT_EQ(digest({.attention = true}), digest({}));
}

TEST(InputLines, OnePerLineOrSeparatedByNul) {
  const auto read = [](const std::string& text) {
    std::istringstream stream(text);
    return read_input_list(stream);
  };
  EXPECT_THAT(read("a.jpg\n\nb c.jpg\nd"), ElementsAre("a.jpg", "b c.jpg", "d"));
  EXPECT_THAT(read(std::string("a\nb\0c\0", 6)), ElementsAre("a\nb", "c"));
  EXPECT_THAT(read(""), IsEmpty());
}

TEST(FindModel, SaysWhereItLooked) {
  TempFolder folder;
  EXPECT_EQ(find_model(folder.path()), folder.path());
  for (const std::string name : {"no-such-model", "no/such/model"}) {
    try {
      find_model(name);
      ADD_FAILURE();
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::io);
      EXPECT_THAT(e.what(), HasSubstr(name));
    }
  }
}

class PipelineFileTest : public ::testing::Test {
 protected:
  CaptionRunOptions read(const std::string& json, const std::string& output = "out") {
    return read_caption_pipeline(folder_.write("job.json", json), output);
  }
  TempFolder folder_;
};

TEST_F(PipelineFileTest, WhatItDoesNotKnowIsRefusedByName) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "not JSON"},
      {"[]", "expected an object"},
      {"{}", "pipeline = \"\""},
      {R"({"pipeline": "highlight"})", "pipeline = \"highlight\""},
      {R"({"pipeline": "caption", "beam": 3})", "unknown key \"beam\""},
      {R"({"pipeline": "caption", "caption": {"beams": 3}})", "caption: unknown key \"beams\""},
      {R"({"pipeline": "caption", "caption": 3})", "caption: expected an object"},
      {R"({"pipeline": "caption", "caption": {"beam": "3"}})", "beam = \"3\""},
      {R"({"pipeline": "caption", "caption": {"beam": 3.5}})", "beam = 3.5"},
      {R"({"pipeline": "caption", "caption": {"beam": 99999999999}})", "beam = 99999999999"},
      {R"({"pipeline": "caption", "caption": {"seed": -1}})", "seed = -1"},
      {R"({"pipeline": "caption", "precision": "fp8"})", "precision = \"fp8\""},
      {R"({"pipeline": "caption", "load": {"include": "*.jpg"}})", "include = \"*.jpg\""},
      {R"({"pipeline": "caption", "load": {"include": [1]}})", "include = [1]"},
      {R"({"pipeline": "caption", "outputs": {"formats": ["xml"]}})", "\"xml\""},
      {R"({"pipeline": "caption", "outputs": {"sidecar": "txt"}})", "sidecar = \"txt\""},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_THAT(refusal([&, json = text] { read(json); }), HasSubstr(expected)) << text;
  }
  EXPECT_THROW(read_caption_pipeline(folder_ / "missing.json", "out"), Error);
}

TEST_F(PipelineFileTest, SetsWhatItNamesAndLeavesTheRest) {
  const CaptionRunOptions options = read(R"({
    "pipeline": "caption", "model": "../models/mine", "precision": "bf16",
    "load": {"max_pixels": 1000, "scaled_decoding": false, "exclude": ["thumbs"]},
    "caption": {"beam": 5, "length_penalty": 1}, "run": {"batch": 4},
    "outputs": {"formats": ["coco"], "sidecar": true, "attention": "maps", "report": "html"}})");
  EXPECT_EQ(options.model, folder_ / "../models/mine");
  EXPECT_EQ(options.open.precision, Precision::bf16);
  EXPECT_EQ(options.max_pixels, 1000u);
  EXPECT_FALSE(options.scaled_decoding);
  EXPECT_THAT(options.exclude, ElementsAre("thumbs"));
  EXPECT_EQ(options.caption.beam, 5);
  EXPECT_EQ(options.caption.max_length, std::nullopt);
  EXPECT_EQ(options.batch, 4);
  EXPECT_FALSE(options.csv);
  EXPECT_TRUE(options.coco);
  EXPECT_TRUE(options.sidecar);
  EXPECT_EQ(options.output, "out/captions.jsonl");
  EXPECT_EQ(options.attention, "out/maps");
  EXPECT_EQ(options.report, "out/html");
}

TEST_F(PipelineFileTest, OutputMayBeTheCaptionsFile) {
  const std::string json = R"({"pipeline": "caption", "outputs": {"report": "html"}})";
  EXPECT_EQ(read(json, "results/dogs.jsonl").output, "results/dogs.jsonl");
  EXPECT_EQ(read(json, "results/dogs.jsonl").report, "results/html");
}

TEST_F(PipelineFileTest, TheShippedOneIsWhatTheCommandDoes) {
  const CaptionRunOptions options =
      read_caption_pipeline(std::string(FOVEA_SOURCE_DIR) + "/pipelines/caption-photos.json", "out");
  const CaptionRunOptions defaults;
  EXPECT_EQ(options.model, defaults.model);
  EXPECT_EQ(options_digest(with_choices({}, options.caption), options.open.precision, 224),
            options_digest(with_choices({}, defaults.caption), defaults.open.precision, 224));
  EXPECT_EQ(options.max_pixels, defaults.max_pixels);
  EXPECT_EQ(options.scaled_decoding, defaults.scaled_decoding);
  EXPECT_EQ(options.batch, defaults.batch);
}

TEST_F(PipelineFileTest, TheShippedOnesForScansAreWhatTheCommandDoes) {
  for (const std::string name : {"highlight-breast-ultrasound", "highlight-polyp"}) {
    const auto file = std::string(FOVEA_SOURCE_DIR) + "/pipelines/" + name + ".json";
    EXPECT_EQ(read_pipeline_kind(file), PipelineKind::highlight);
    const HighlightRunOptions options = read_highlight_pipeline(file, "out");
    const HighlightRunOptions defaults;
    EXPECT_EQ(options.model, name);
    EXPECT_EQ(options.output, "out");
    EXPECT_EQ(options_digest(options.highlight, options.display, options.open.precision, options.deidentify),
              options_digest(defaults.highlight, defaults.display, defaults.open.precision, defaults.deidentify));
    EXPECT_EQ(options.max_pixels, defaults.max_pixels);
    EXPECT_EQ(options.batch, defaults.batch);
    EXPECT_EQ(options.colormap, defaults.colormap);
    EXPECT_EQ(options.opacity, defaults.opacity);
    EXPECT_FALSE(options.dicom.any());
    EXPECT_TRUE(options.outputs.overlay && options.outputs.volume && options.outputs.table);
    EXPECT_FALSE(options.outputs.attention);
  }
}

}  // namespace
}  // namespace fovea
