#include <string>

#include <gtest/gtest.h>

#include "text/character_classes.hpp"
#include "text/unicode.hpp"

namespace fovea::text {
namespace {

// What Python's bytes.decode(errors="replace") makes of them.
TEST(Unicode, InvalidUtf8IsReplacedByMaximalSubparts) {
  EXPECT_EQ(decode_utf8("a\xFF"), U"a\uFFFD");
  EXPECT_EQ(decode_utf8("\x80\x80z"), U"\uFFFD\uFFFDz");
  EXPECT_EQ(decode_utf8("\xE2\x82"), U"\uFFFD");                            // breaks off
  EXPECT_EQ(decode_utf8("\xE2\x82z"), U"\uFFFDz");                          //
  EXPECT_EQ(decode_utf8("\xF0\x9F\x98z"), U"\uFFFDz");                      //
  EXPECT_EQ(decode_utf8("\xC0\xAF"), U"\uFFFD\uFFFD");                      // could be shorter
  EXPECT_EQ(decode_utf8("\xE0\x80\xAF"), U"\uFFFD\uFFFD\uFFFD");            //
  EXPECT_EQ(decode_utf8("\xED\xA0\x80"), U"\uFFFD\uFFFD\uFFFD");            // a surrogate
  EXPECT_EQ(decode_utf8("\xF4\x90\x80\x80"), U"\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
  EXPECT_EQ(decode_utf8("\xF5z"), U"\uFFFDz");
  EXPECT_EQ(decode_utf8("\xC3\xC3\xA9"), U"\uFFFD\u00E9");
  EXPECT_EQ(valid_utf8("caf\xC3\xA9 \xE7\x8A\xAC \xF0\x9F\x91\x8D"), "caf\xC3\xA9 \xE7\x8A\xAC \xF0\x9F\x91\x8D");
  EXPECT_EQ(valid_utf8("caf\xC3"), "caf\xEF\xBF\xBD");
}

TEST(Unicode, CharactersHaveClasses) {
  EXPECT_EQ(character_class(U'\u00E9'), CharacterClass::letter);
  EXPECT_EQ(character_class(U'\u00BD'), CharacterClass::number);
  EXPECT_EQ(character_class(U'\u3000'), CharacterClass::space);
  EXPECT_EQ(character_class(U'\u0085'), CharacterClass::space);
  EXPECT_EQ(character_class(U'\u200B'), CharacterClass::other);
  EXPECT_EQ(character_class(U'\u0301'), CharacterClass::other);
  EXPECT_EQ(character_class(char32_t{0x10FFFF}), CharacterClass::other);
}

TEST(Unicode, BertKnowsTheCharactersOfUnicode8) {
  EXPECT_TRUE(is_bert_punctuation(U'$'));
  EXPECT_TRUE(is_bert_punctuation(U'\u2E42'));   // of Unicode 7
  EXPECT_FALSE(is_bert_punctuation(U'\u2E43'));  // of Unicode 9
  EXPECT_TRUE(is_bert_punctuation(U'\u166D'));   // a symbol since Unicode 12
  EXPECT_TRUE(is_bert_control(U'\u00AD'));
  EXPECT_FALSE(is_bert_control(U'\u0890'));  // of Unicode 14
  EXPECT_FALSE(is_bert_control(U'\n'));
  EXPECT_TRUE(is_bert_accent(U'\u0301'));
  EXPECT_FALSE(is_bert_accent(U'\u1AC0'));  // of Unicode 13
}

TEST(Unicode, DecomposesAndLowersCase) {
  EXPECT_EQ(decomposed(U"\u00E9"), U"e\u0301");
  EXPECT_EQ(decomposed(U"\uAC01"), U"\u1100\u1161\u11A8");
  EXPECT_EQ(decomposed(U"a\u0301\u0316"), U"a\u0316\u0301");  // below before above
  std::u32string lower;
  for (const char32_t c : U"A\u0130\u03A3\u1E9E\u4E00") append_lower_case(lower, c);
  lower.pop_back();  // the literal's end
  EXPECT_EQ(lower, U"ai\u0307\u03C3\u00DF\u4E00");
}

}  // namespace
}  // namespace fovea::text
