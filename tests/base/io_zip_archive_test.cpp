#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/zip_archive.hpp"
#include "io_support.hpp"
#include "torch_file_maker.hpp"

namespace fovea::io {
namespace {

using test::error_of;
using test::in_memory;
using test::make_zip;

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void expect_refused(const std::string& file, ErrorCode code, const std::string& why) {
  std::string message;
  EXPECT_EQ(error_of([&] { read_zip(in_memory(file)); }, &message), code) << why;
  EXPECT_THAT(message, testing::AllOf(testing::StartsWith("test.pth: "), testing::HasSubstr(why)));
}

void expect_corrupt(const std::string& file, const std::string& why) { expect_refused(file, ErrorCode::corrupt, why); }

TEST(ZipArchive, EntriesAreTheBytesOfTheFile) {
  for (const bool zip64 : {false, true}) {
    const auto file = in_memory(make_zip({{.name = "a/one", .bytes = "first", .zip64 = zip64},
                                          {.name = "a/none", .bytes = ""},
                                          {.name = "a/two", .bytes = "second", .flags = 8, .local_size = 0}},
                                         {.zip64 = zip64, .comment = "a comment"}));
    const auto entries = read_zip(file);
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_EQ(text_of(entries.at("a/one")), "first");
    EXPECT_EQ(text_of(entries.at("a/none")), "");
    EXPECT_EQ(text_of(entries.at("a/two")), "second");
    EXPECT_GE(entries.at("a/one").data(), file.bytes.data());
  }
  EXPECT_TRUE(read_zip(in_memory(make_zip({}))).empty());
}

TEST(ZipArchive, TruncatedAnywhereIsCorrupt) {
  for (const bool zip64 : {false, true}) {
    const std::string whole =
        make_zip({{.name = "one", .bytes = "first"}, {.name = "two", .bytes = "2"}}, {.zip64 = zip64});
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_EQ(error_of([&] { read_zip(in_memory(whole.substr(0, size))); }), ErrorCode::corrupt) << size;
    }
    EXPECT_NO_THROW(read_zip(in_memory(whole)));
  }
}

TEST(ZipArchive, TablesThatDoNotFitAreCorrupt) {
  const std::vector<test::ZipPart> one{{.name = "one", .bytes = "first"}};
  for (const bool zip64 : {false, true}) {
    expect_corrupt(make_zip(one, {.offset = 1000, .zip64 = zip64}), "would lie at 1000");
    expect_corrupt(make_zip(one, {.offset = 0xFFFFFFFF, .zip64 = zip64}), "would lie at 4294967295");
    expect_corrupt(make_zip(one, {.size = 1000, .zip64 = zip64}), "take 1000 bytes");
    expect_corrupt(make_zip(one, {.size = 10, .zip64 = zip64}), "ends early");
    expect_corrupt(make_zip(one, {.offset = 0, .zip64 = zip64}), "ends early");
    expect_corrupt(make_zip(one, {.entries = 2, .zip64 = zip64}), "ends early");
    expect_corrupt(make_zip(one, {.entries = 0, .zip64 = zip64}), "does not have the size");
  }
  const std::uint64_t huge = ~std::uint64_t{0};
  expect_corrupt(make_zip(one, {.offset = huge, .zip64 = true}), "would lie at");
  expect_corrupt(make_zip(one, {.size = huge, .zip64 = true}), "would lie at");
  expect_corrupt(make_zip(one, {.entries = huge, .zip64 = true}), "ends early");
  expect_corrupt(make_zip(one, {.zip64 = true, .end64_offset = huge}), "zip64 end record");
  expect_corrupt(make_zip(one, {.zip64 = true, .end64_offset = 0}), "zip64 end record");
  expect_corrupt("PK\x03\x04 and nothing else", "no end record");
}

TEST(ZipArchive, EntriesThatLieOutsideOrOverlapAreCorrupt) {
  const test::ZipPart first{.name = "one", .bytes = "first"};
  const std::uint64_t huge = ~std::uint64_t{0};
  expect_corrupt(make_zip({first, {.name = "two", .bytes = "2", .offset = 5000}}), "'two' would begin at 5000");
  expect_corrupt(make_zip({first, {.name = "two", .bytes = "2", .offset = 60}}), "'two' would begin at 60");
  expect_corrupt(make_zip({first, {.name = "two", .bytes = "2", .offset = huge, .zip64 = true}}), "would begin at");
  expect_corrupt(make_zip({first, {.name = "two", .bytes = "2", .offset = 7}}), "'two' has no header at 7");
  expect_corrupt(make_zip({{.name = "one", .bytes = "1", .size = 500}}), "'one' of 500 bytes would end outside");
  expect_corrupt(make_zip({{.name = "one", .bytes = "1", .size = huge, .zip64 = true}}), "would end outside");
  // The first entry reaches over the second one.
  expect_corrupt(make_zip({{.name = "one", .bytes = "1", .flags = 8, .size = 20}, {.name = "two", .bytes = "2"}}),
                 "overlap");
  expect_corrupt(make_zip({{.name = "one", .bytes = "1"}, {.name = "one", .bytes = "2"}}), "'one' is there twice");
}

TEST(ZipArchive, HeadersThatContradictTheTableAreCorrupt) {
  expect_corrupt(make_zip({{.name = "one", .bytes = "1", .local_name = "two"}}), "differs from the header");
  expect_corrupt(make_zip({{.name = "one", .bytes = "12", .local_size = 1}}), "differs in size");
  expect_corrupt(make_zip({{.name = "one", .bytes = "12", .local_size = 1, .zip64 = true}}), "differs in size");
  expect_corrupt(make_zip({{.name = "one", .bytes = "12", .stored_size = 1}}), "states two sizes");
  expect_corrupt(make_zip({{.name = "one", .bytes = "1", .size = 0xFFFFFFFF}}), "lacks its zip64 sizes");
}

TEST(ZipArchive, CompressedEncryptedAndSplitArchivesAreUnsupported) {
  expect_refused(make_zip({{.name = "one", .bytes = "1", .method = 8}}), ErrorCode::unsupported, "is compressed");
  expect_refused(make_zip({{.name = "one", .bytes = "1", .flags = 1}}), ErrorCode::unsupported, "is encrypted");
  expect_refused(make_zip({}, {.disk = 1}), ErrorCode::unsupported, "in several parts");
  expect_refused(make_zip({}, {.disk = 1, .zip64 = true}), ErrorCode::unsupported, "in several parts");
}

TEST(ZipArchive, NamesOfEntriesCannotDisturbATerminal) {
  std::string message;
  error_of([] { read_zip(in_memory(make_zip({{.name = "\x1b[2J\xff", .bytes = "1", .flags = 1}}))); }, &message);
  EXPECT_THAT(message, testing::HasSubstr("'\\x1b[2J\\xff'"));
}

}  // namespace
}  // namespace fovea::io
