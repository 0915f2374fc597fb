#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "text/load_tokenizer.hpp"

namespace fovea::text {
namespace {

using nlohmann::json;
using Ids = std::vector<std::int64_t>;

std::string gunzip(const std::filesystem::path& path) {
  std::string text;
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return text;
  std::vector<char> buffer(1U << 16U);
  for (int got = 0; (got = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()))) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(got));
  gzclose(file);
  return text;
}

std::string text_of(const json& golden) {
  if (golden.contains("text")) return golden.at("text");
  std::string bytes;
  const std::string digits = golden.at("bytes");
  for (std::size_t i = 0; i < digits.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return bytes;
}

/// What differs from a golden line, or nothing.
std::string difference(const Tokenizer& tokenizer, const json& golden, const Ids& before, const Ids& after) {
  const Ids ids = golden.at("ids");
  std::string found;
  const auto expect = [&](const char* what, const json& is, const json& should) {
    if (is != should) found += std::string(what) + " is " + is.dump() + ", expected " + should.dump() + "; ";
  };
  if (golden.contains("text") || golden.contains("bytes")) {
    const auto text = text_of(golden);
    expect("encoded", tokenizer.encode(text, true), ids);
    Ids with_ends = before;
    const Ids plain = tokenizer.encode(text, false);
    with_ends.insert(with_ends.end(), plain.begin(), plain.end());
    with_ends.insert(with_ends.end(), after.begin(), after.end());
    if (golden.contains("plain"))
      expect("encoded plain", plain, golden.at("plain"));
    else
      expect("encoded plain with both ends", with_ends, ids);
  }
  expect("decoded", tokenizer.decode(ids, false), golden.at("decoded"));
  expect("decoded without special tokens", tokenizer.decode(ids, true),
         golden.contains("skipped") ? golden.at("skipped") : golden.at("decoded"));
  return found;
}

/// Compares a tokenizer with the goldens in its folder.
void check_tokenizer(const std::filesystem::path& folder) {
  const auto tokenizer = load_tokenizer(folder);
  const Ids empty = tokenizer->encode("", true);  // a begin and an end, if any
  const bool has_end = empty.size() == 2;
  const Ids before(empty.begin(), empty.begin() + (empty.empty() ? 0 : 1));
  const Ids after(empty.end() - (has_end ? 1 : 0), empty.end());

  std::istringstream lines(gunzip(folder / "goldens.jsonl.gz"));
  int count = 0;
  int equal = 0;
  std::string first;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto golden = json::parse(line);
    const auto found = difference(*tokenizer, golden, before, after);
    equal += found.empty() ? 1 : 0;
    if (!found.empty() && count - equal < 5) first += "\n" + golden.dump() + "\n    " + found;
  }
  EXPECT_GT(count, 0);
  EXPECT_EQ(equal, count) << folder.filename() << ": the first that differ:" << first;
  std::cout << "tokenizer " << folder.filename().string() << ": " << equal << " of " << count << " equal\n";
}

/// All tokenizers of a folder.
void check_tokenizers(const std::filesystem::path& folder) {
  std::set<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) folders.insert(entry.path());
  EXPECT_FALSE(folders.empty());
  for (const auto& each : folders) check_tokenizer(each);
}

// Made by tests/reference/make_tokenizer_goldens.py, which with --check also runs the second test on strings of its
// own.
TEST(TokenizerGoldens, AreEqualed) { check_tokenizers(FOVEA_TEST_DATA_DIR "/text/tokenizers"); }

TEST(TokenizerGoldens, OfAnotherFolderAreEqualed) {
  const char* folder = std::getenv("FOVEA_TOKENIZER_GOLDENS");
  if (folder == nullptr) {
    GTEST_SKIP() << "FOVEA_TOKENIZER_GOLDENS names no folder; TokenizerGoldens.AreEqualed is the smaller test";
  }
  check_tokenizers(folder);
}

}  // namespace
}  // namespace fovea::text
