#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/process.hpp"
#include "app/temp_folder.hpp"
#include "tiny_caption_model.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using tests::Outcome;
using tests::run_fovea;
using tests::TempFolder;

TEST(CommandLine, WrongUsageIsRefusedByName) {
  TempFolder folder;
  folder.write("a.jpg", "");
  folder.write("notes.txt", "mine");
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{}, "Usage: fovea COMMAND"},
      {{"caption-photos"}, "no command 'caption-photos'"},
      {{"caption"}, "output"},
      {{"caption", "-o", "c.jsonl"}, "no input"},
      {{"caption", "a.jpg"}, "--output"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--bean", "3"}, "--bean"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--temp", "3"}, "--temp"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--beam", "three"}, "--beam"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--beam", "0"}, "beam"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--beam", "2", "--top", "3"}, "top"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--min-length", "30"}, "min_length"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--batch", "0"}, "batch"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--precision", "fp8"}, "--precision = fp8"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--format", "xml"}, "--format = xml"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--sidecar", "json"}, "--sidecar = json"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--temperature", "1"}, "--temperature needs --sample"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--top-k", "5"}, "--top-k needs --sample"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--top-p", "0.5"}, "--top-p needs --sample"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--seed", "5"}, "--seed needs --sample"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--sample", "--seed=-5"}, "--seed = -5"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--sample", "--beam", "4"}, "beam"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--max-pixels=-1"}, "--max-pixels = -1"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--no-resume", "--retry-failed"}, "--retry-failed and --no-resume"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--quiet", "--json-log"}, "--quiet and --json-log"},
      {{"caption", "-", "-", "-o", "c.jsonl"}, "stdin"},
      {{"caption", "a.jpg", "-o", "."}, "a folder"},
      {{"caption", "a.jpg", "-o", "notes.txt"}, "not a captions file"},
      {{"caption", "a.jpg", "-o", "notes.txt", "--no-resume"}, "not a captions file"},
      {{"run", "job.json"}, "output"},
      {{"run", "job.json", "-o", "out"}, "no input"},
      {{"convert", "a.jpg"}, "--output"},
      {{"convert", "a.jpg", "-o", "a.txt"}, "ends in .png"},
      {{"convert", "a.jpg", "-o", "a.png", "--raw"}, "ends in .npy"},
      {{"convert", "a.jpg", "-o", "a.png", "--rgb"}, "raw"},
      {{"convert", "a.jpg", "-o", "a.npy", "--raw", "--all-frames"}, "all_frames and raw"},
      {{"convert", "a.jpg", "-o", "a.png", "--window", "40"}, "--window = 40"},
      {{"convert", "a.jpg", "-o", "a.png", "--window", "40,0"}, "at least 1"},
      {{"convert", "a.jpg", "-o", "a.png", "--window", "lung", "--window-index", "1"}, "exclude each other"},
      {{"convert", "a.jpg", "-o", "a.png", "--window-index", "0"}, "--window-index = 0"},
      {{"completion", "fish"}, "expected bash"},
      {{"info"}, "no subject"},
  };
  for (const auto& [arguments, expected] : cases) {
    const Outcome outcome = run_fovea(arguments, folder.path());
    EXPECT_EQ(outcome.code, 2) << expected;
    EXPECT_THAT(outcome.err, HasSubstr(expected));
    EXPECT_EQ(outcome.out, "");
  }
  EXPECT_FALSE(fs::exists(folder / "c.jsonl"));
  EXPECT_EQ(tests::read_text(folder / "notes.txt"), "mine");
}

TEST(CommandLine, WhatCannotStartSaysWhy) {
  TempFolder folder;
  folder.write("a.jpg", "");
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"caption", "a.jpg", "-o", "c.jsonl", "--model", "no-such-model"}, "no-such-model"},
      {{"caption", "a.jpg", "-o", "c.jsonl", "--model", "."}, "config.json"},
      // The output is looked at first, so the model is not what is complained about.
      {{"caption", "a.jpg", "-o", "/proc/c.jsonl", "--model", "no-such-model"}, "/proc/c.jsonl"},
      {{"caption", "a.jpg", "-o", "a.jpg/c.jsonl", "--model", "no-such-model"}, "a.jpg/c.jsonl"},
      {{"caption", "b.jpg", "-o", "c.jsonl"}, "b.jpg"},
      {{"run", "job.json", "a.jpg", "-o", "out"}, "job.json"},
      {{"info", "nothing"}, "nothing"},
      {{"info", "a.jpg"}, "empty"},
  };
  for (const auto& [arguments, expected] : cases) {
    const Outcome outcome = run_fovea(arguments, folder.path());
    EXPECT_EQ(outcome.code, 3) << expected;
    EXPECT_THAT(outcome.err, HasSubstr(expected));
  }
  EXPECT_FALSE(fs::exists(folder / "c.jsonl"));
}

TEST(CommandLine, HelpNamesCommandsOptionsAndExitCodes) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--help"}, {"help"}, {"-h"}}) {
    const Outcome outcome = run_fovea(arguments);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("\n  caption "), HasSubstr("\n  run "), HasSubstr("130")));
  }
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"caption", "--help"}, {"help", "caption"}}) {
    const Outcome outcome = run_fovea(arguments);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("--retry-failed"), HasSubstr("130"), HasSubstr("(default: 3,")));
  }
  EXPECT_THAT(run_fovea({"--version"}).out, HasSubstr("fovea 0."));
}

TEST(CommandLine, InfoOfImagesAndModels) {
  const Outcome image =
      run_fovea({"info", "--json", (fs::path(FOVEA_TEST_DATA_DIR) / "io/images/orientation6.jpg").string()});
  EXPECT_EQ(image.code, 0);
  EXPECT_EQ(nlohmann::json::parse(image.out)["frames"][0]["orientation"], 6);
  TempFolder folder;
  tests::write_tiny_caption_model(folder / "tiny");
  const Outcome model = run_fovea({"info", (folder / "tiny").string()});
  EXPECT_EQ(model.code, 0);
  EXPECT_THAT(model.out, HasSubstr("model: tiny\n"));
}

/// What bash offers for the last word of a command line.
std::string completions(const std::string& words, int last) {
  TempFolder folder;
  folder.write("script", run_fovea({"completion", "bash"}).out);
  const std::string command = "bash -c 'source " + (folder / "script").string() + " && COMP_WORDS=(" + words +
                              ") && COMP_CWORD=" + std::to_string(last) + " && _fovea && echo \"${COMPREPLY[*]}\"' > " +
                              (folder / "out").string();
  EXPECT_EQ(std::system(command.c_str()), 0);
  return tests::read_text(folder / "out");
}

TEST(CommandLine, CompletionKnowsCommandsOptionsAndChoices) {
  EXPECT_EQ(completions("fovea cap", 1), "caption\n");
  EXPECT_EQ(completions("fovea caption --no-re", 2), "--no-repeat-ngram --no-resume\n");
  EXPECT_EQ(completions("fovea caption x.jpg --precision b", 4), "bf16\n");
  EXPECT_EQ(completions("fovea caption --format \"\"", 3), "csv coco\n");
  EXPECT_EQ(completions("fovea caption pho", 2), "\n");  // file names are the shell's
  EXPECT_EQ(completions("fovea run --dry", 2), "--dry-run\n");
}

}  // namespace
}  // namespace fovea
