#include <filesystem>
#include <string_view>

#include <gtest/gtest.h>

#include "fovea/error.hpp"
#include "io/file.hpp"
#include "io/sha256.hpp"

namespace fovea::io {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// Digests of FIPS 180-4's examples.
constexpr std::string_view kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kMillionA = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256, EqualsThePublishedDigests) {
  EXPECT_EQ(sha256_hex({}), kEmpty);
  EXPECT_EQ(sha256_hex(bytes_of("abc")), kAbc);
  EXPECT_EQ(sha256_hex(bytes_of(std::string(1'000'000, 'a'))), kMillionA);
}

TEST(Sha256, DoesNotDependOnHowTheDataAreCut) {
  Sha256 digest;
  digest.update(bytes_of("a")).update({}).update(bytes_of("bc"));
  EXPECT_EQ(digest.hex_digest(), kAbc);
}

TEST(Sha256, ReadsFilesLongerThanOnePiece) {
  const auto path = std::filesystem::path(testing::TempDir()) / "fovea_sha256_test";
  write_file(path, bytes_of(std::string(1'000'000, 'a')));
  EXPECT_EQ(sha256_file_hex(path), kMillionA);
  write_file(path, {});
  EXPECT_EQ(sha256_file_hex(path), kEmpty);
  std::filesystem::remove(path);
  EXPECT_THROW(sha256_file_hex(path), Error);
}

}  // namespace
}  // namespace fovea::io
