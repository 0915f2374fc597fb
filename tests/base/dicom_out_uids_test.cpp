#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dicom_out/uids.hpp"

namespace fovea::dicom_out {
namespace {

TEST(DicomUids, KeyedHashEqualsTheVectorsOfRfc4231) {
  EXPECT_EQ(keyed_hash(std::string(20, '\x0B'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(keyed_hash("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(keyed_hash(std::string(131, '\xAA'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(DicomUids, AreUuidsBelowTheRoot) {
  const Uids uids("key");
  for (int i = 0; i < 1000; ++i) {
    const auto uid = uids.of(std::to_string(i));
    EXPECT_THAT(uid, testing::MatchesRegex("2\\.25\\.[1-9][0-9]*"));
    EXPECT_LE(uid.size(), 44U);
  }
}

TEST(DicomUids, DependOnKeyAndName) {
  const Uids uids("key");
  EXPECT_EQ(uids.of("a"), Uids("key").of("a"));
  EXPECT_NE(uids.of("a"), uids.of("b"));
  EXPECT_NE(uids.of("a"), Uids("other key").of("a"));
  std::set<std::string> all;
  for (int i = 0; i < 100; ++i) all.insert(Uids().of("a"));
  EXPECT_EQ(all.size(), 100U) << "random keys";
}

}  // namespace
}  // namespace fovea::dicom_out
