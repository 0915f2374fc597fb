#include <sys/resource.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/pickle.hpp"
#include "io_support.hpp"
#include "torch_file_maker.hpp"

namespace fovea::io {
namespace {

using test::error_of;
using test::number;
using test::pickle_of;
using test::text_op;
using Kind = PickleValue::Kind;

Pickle read(const std::string& bytes) { return {std::as_bytes(std::span(bytes)), "test.pth"}; }

/// The integer that these operations leave.
std::int64_t integer_of(const std::string& ops) {
  const std::string bytes = pickle_of(ops);
  const Pickle pickle = read(bytes);
  EXPECT_EQ(pickle.top().kind, Kind::integer);
  return pickle.top().integer;
}

void expect_refused(const std::string& bytes, ErrorCode code, const std::string& why) {
  std::string message;
  EXPECT_EQ(error_of([&] { read(bytes); }, &message), code) << why;
  EXPECT_THAT(message, testing::AllOf(testing::StartsWith("test.pth: "), testing::HasSubstr(why)));
}

void expect_corrupt(const std::string& bytes, const std::string& why) {
  expect_refused(bytes, ErrorCode::corrupt, why);
}

TEST(Pickle, IntegersOfEveryForm) {
  EXPECT_EQ(integer_of("K\xff"), 255);
  EXPECT_EQ(integer_of("M\xff\xff"), 65535);
  EXPECT_EQ(integer_of("J\xfe\xff\xff\xff"), -2);
  EXPECT_EQ(integer_of(std::string("\x8a\x00", 2)), 0);
  EXPECT_EQ(integer_of("\x8a\x01\xff"), -1);
  EXPECT_EQ(integer_of(std::string("\x8a\x02\xff\x00", 4)), 255);
  EXPECT_EQ(integer_of("\x8a\x08" + number(1ULL << 63, 8)), INT64_MIN);
  EXPECT_EQ(integer_of("\x8b" + number(3, 4) + number(1 << 16, 3)), 65536);
  EXPECT_EQ(integer_of("\x88"), 1);
  EXPECT_EQ(integer_of("\x89"), 0);
  const std::string big = pickle_of("\x8a\x09" + std::string(9, 'x'));
  EXPECT_EQ(read(big).top().kind, Kind::other);
}

TEST(Pickle, ContainersKeepTheirItems) {
  // {"a": [1, (2, 3)], None: 0.5}, framed, with memos of version 4
  const std::string bytes = "\x80\x04\x95" + number(0, 8) +
                            "}\x94(\x8c\x01"
                            "a\x94]\x94(K\x01K\x02K\x03\x86\x94"
                            "eNG" +
                            std::string(8, 'x') + "u.";
  const Pickle pickle = read(bytes);
  ASSERT_EQ(pickle.top().kind, Kind::dict);
  const auto items = pickle.items(pickle.top());
  ASSERT_EQ(items.size(), 4U);
  EXPECT_EQ(pickle[items[0]].text, "a");
  ASSERT_EQ(pickle[items[1]].kind, Kind::list);
  const auto list = pickle.items(pickle[items[1]]);
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(pickle[list[0]].integer, 1);
  EXPECT_EQ(pickle[list[1]].kind, Kind::tuple);
  EXPECT_EQ(pickle.items(pickle[list[1]]).size(), 2U);
  EXPECT_EQ(pickle[items[2]].kind, Kind::none);
  EXPECT_EQ(pickle[items[3]].kind, Kind::other);
}

TEST(Pickle, MemosAreOneValue) {
  const std::string bytes = pickle_of("]q\x05(h\x05h\x05j" + number(5, 4) + "e");  // a list that holds itself
  const Pickle pickle = read(bytes);
  const auto items = pickle.items(pickle.top());
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(&pickle[items[0]], &pickle.top());
  EXPECT_EQ(&pickle[items[2]], &pickle.top());
}

TEST(Pickle, WhatEndsEarlyIsCorrupt) {
  const std::string whole = pickle_of("}(" + text_op("key") + "J\x01\x01\x01\x01" +
                                      "\x8a\x02\x01\x01"
                                      "G12345678u");
  EXPECT_NO_THROW(read(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) expect_corrupt(whole.substr(0, size), "");
  expect_corrupt(pickle_of("X\xff\xff\xff\xff"), "ends early");
  expect_corrupt(pickle_of("\x8d\xff\xff\xff\xff\xff\xff\xff\xff"), "ends early");
  expect_corrupt(pickle_of("\x8b\xff\xff\xff\xff"), "ends early");
  expect_corrupt(pickle_of("\x95\xff\xff\xff\xff\xff\xff\xff\xff"), "a frame would end outside");
  expect_corrupt(
      "\x80\x02"
      "ccollections",
      "a name does not end");
}

TEST(Pickle, OperationsWithoutTheirValuesAreCorrupt) {
  for (const char* ops : {"", "0", "t", "e", "u", "a", "s", "R", "b", "Q", "1", "q\x01", "\x85", "N\x86", "(N\x86",
                          "\x93", "}N(s", "](NNa", "N(R"}) {
    expect_corrupt(pickle_of(ops), "");
  }
  expect_corrupt(pickle_of("Na"), "");
  expect_corrupt(pickle_of("NNa"), "is no list");
  expect_corrupt(pickle_of("]NNs"), "is no dict");
  expect_corrupt(pickle_of("}(Nu"), "a key has no value");
  expect_corrupt(pickle_of("]Nb"), "no dict");
  expect_corrupt(pickle_of("NN\x93"), "a name is not text");
  expect_corrupt(pickle_of("NN"), "left over");
  expect_corrupt(pickle_of("N("), "");
  expect_corrupt(pickle_of("h\x01"), "never made");
  expect_corrupt(pickle_of("Nr\xff\xff\xff\xff"), "a memo has the number 4294967295");
}

TEST(Pickle, OtherOperationsAndVersionsAreRefused) {
  for (const char* op : {"I1\n", "F1\n", "S'a'\n", "V1\n", "P1\n", "i", "o", "d", "l", "p1\n", "g1\n", "\x81", "\x92",
                         "\x82\x01", "\x8f", "\x97", "\xff"}) {
    expect_refused(pickle_of(op), ErrorCode::unsupported, "uses operation");
  }
  expect_refused("\x80\x06N.", ErrorCode::unsupported, "version 6");
}

std::size_t peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

TEST(Pickle, BombsTakeLittleMemoryAndNoDeepStack) {
  const std::size_t before = peak_memory();
  constexpr std::size_t kMany = 1'000'000;
  const auto repeated = [](std::string_view ops) {
    std::string text;
    for (std::size_t i = 0; i < kMany; ++i) text += ops;
    return text;
  };
  // Lists in lists, tuples in tuples, as deep as they are many.
  EXPECT_NO_THROW(read(pickle_of(repeated("]") + repeated("a").substr(1))));
  EXPECT_NO_THROW(read(pickle_of("N" + repeated("\x85"))));
  expect_corrupt(pickle_of(repeated("(")), "over 10000 marks are open");
  expect_corrupt(pickle_of(repeated("N")), "left over");
  // "A billion laughs": lists of ten times the list before.
  std::string laughs = "]q\x01";
  for (int i = 0; i < 20; ++i)
    laughs +=
        "](h\x01h\x01h\x01h\x01h\x01h\x01h\x01h\x01h\x01h\x01"
        "eq\x01";
  expect_corrupt(pickle_of(laughs), "left over");
  EXPECT_LT(peak_memory() - before, 400'000'000U);
  expect_refused(pickle_of(repeated("]]]]]")), ErrorCode::unsupported, "over 3000000 values");
  expect_corrupt(pickle_of(repeated("NNNN")), "over 3000000 values are on its stack");
  std::string list = "]";
  for (int i = 0; i < 7; ++i) list += "(" + repeated("N") + "e";
  expect_refused(pickle_of(list), ErrorCode::unsupported, "containers with over 6000000 items");
  expect_corrupt(pickle_of("Nr" + number(1'000'000, 4) + repeated("N0")), "a memo has the number 1000000");
  EXPECT_LT(peak_memory() - before, 500'000'000U);
  expect_refused(std::string(32'000'001, 'N'), ErrorCode::unsupported, "32000001 bytes");
}

}  // namespace
}  // namespace fovea::io
