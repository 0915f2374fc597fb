/// The fuzzers' inputs (tests/fuzz/corpus), among them those that once were findings, read as the fuzzers do.
#include <filesystem>

#include <gtest/gtest.h>

#include "fovea/loader.hpp"
#include "fuzz/targets.hpp"

namespace fovea::fuzz {
namespace {

void run_on(const std::string& corpus, void (*target)(std::span<const std::byte>)) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(FOVEA_SOURCE_DIR "/tests/fuzz/corpus/" + corpus)) {
    SCOPED_TRACE(entry.path().string());
    target(*read_bytes(entry.path()));
    ++files;
  }
  EXPECT_GT(files, 1);
}

TEST(FuzzCorpus, Safetensors) { run_on("safetensors", try_safetensors); }
TEST(FuzzCorpus, Torch) { run_on("torch", try_torch); }

}  // namespace
}  // namespace fovea::fuzz
