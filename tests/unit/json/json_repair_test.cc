#include "json/json_repair.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace sessiond {
namespace {

#define FFFD "\xEF\xBF\xBD"

std::string repaired(std::string_view text) {
  return replaceInvalidUtf8(text).value_or("unchanged");
}

TEST(JsonRepair, CopiesNothingWhenThereIsNothingToRepair) {
  for (const std::string_view text : {std::string_view(""), std::string_view("{\"a\":\"b\"}"),
                                      std::string_view("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
                                      std::string_view("\xEF\xBB\xBF{}"), std::string_view("\0", 1)}) {
    EXPECT_EQ(replaceInvalidUtf8(text), std::nullopt);
    EXPECT_EQ(replaceLoneSurrogates(text), std::nullopt);
  }
}

// Node: Buffer.from([...]).toString() gives the same number of U+FFFD for each of these.
TEST(JsonRepair, ReplacesEachMaximalIllFormedPartAsNodeDoes) {
  EXPECT_EQ(repaired("a\xFF"
                     "b"),
            "a" FFFD "b");
  EXPECT_EQ(repaired("\x80"), FFFD);
  EXPECT_EQ(repaired("\xC0\xAF"), FFFD FFFD);
  EXPECT_EQ(repaired("\xC3"), FFFD);
  EXPECT_EQ(repaired("\xC3("), FFFD "(");
  EXPECT_EQ(repaired("\xE2\x82"), FFFD);
  EXPECT_EQ(repaired("\xE2\x82x"), FFFD "x");
  EXPECT_EQ(repaired("\xED\xA0\x80"), FFFD FFFD FFFD);
  EXPECT_EQ(repaired("\xE0\x80\x80"), FFFD FFFD FFFD);
  EXPECT_EQ(repaired("\xF0\x9F\x98"), FFFD);
  EXPECT_EQ(repaired("\xF0\x8F\xBF\xBF"), FFFD FFFD FFFD FFFD);
  EXPECT_EQ(repaired("\xF4\x90\x80\x80"), FFFD FFFD FFFD FFFD);
  EXPECT_EQ(repaired("\xF5"), FFFD);
  EXPECT_EQ(repaired("\xF1\x80\x80\xC3\xA9\xE2\x28"), FFFD "\xC3\xA9" FFFD "(");
}

TEST(JsonRepair, WhatItMakesIsUtf8) {
  std::string every_pair;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      every_pair += static_cast<char>(first);
      every_pair += static_cast<char>(second);
    }
  }
  EXPECT_TRUE(isValidUtf8(repaired(every_pair)));
}

TEST(JsonRepair, ReplacesSurrogatesWithoutPartnerInPlace) {
  EXPECT_EQ(replaceLoneSurrogates(R"("\ud800")"), R"("\ufffd")");
  EXPECT_EQ(replaceLoneSurrogates(R"("\uDFFF x")"), R"("\ufffd x")");
  EXPECT_EQ(replaceLoneSurrogates(R"("\ud83d\ud83d\ude00")"), R"("\ufffd\ud83d\ude00")");
  EXPECT_EQ(replaceLoneSurrogates(R"("\ud83d\u0041")"), R"("\ufffd\u0041")");
  EXPECT_EQ(replaceLoneSurrogates(R"("\ud83d\n\ude00")"), R"("\ufffd\n\ufffd")");
  EXPECT_EQ(replaceLoneSurrogates(R"("\ude00\ud83d")"), R"("\ufffd\ufffd")");
  EXPECT_EQ(replaceLoneSurrogates(R"("\ud83d)"), R"("\ufffd)");
}

TEST(JsonRepair, LeavesAllOtherEscapesAlone) {
  for (const char* json : {R"("\ud83d\ude00")", R"("\\ud800")", R"("\\\\ud800")", R"("\n\u0041\uD7FF\uE000")",
                           R"("\ud8")", R"("\ud8zz")", R"("\u")", R"("\)", R"("\ud83)", R"("\U D800")"}) {
    EXPECT_EQ(replaceLoneSurrogates(json), std::nullopt) << json;
  }
  EXPECT_EQ(replaceLoneSurrogates(R"("\\\ud800")"), R"("\\\ufffd")");
}

TEST(JsonRepair, TellsWhatIsReadAsItStands) {
  for (const char* json : {R"("m\u00fcller")", R"("müller")", R"("\ud83d\ude00")", R"("\ufffd")"})
    EXPECT_TRUE(isReadAsItStands(json)) << json;
  for (const char* json : {"\"m\xFCller\"", R"("\ud800")", R"("\ude00\ud83d")"})
    EXPECT_FALSE(isReadAsItStands(json)) << json;
}

TEST(JsonRepair, TamesNumbersWithoutChangingLengthOrForm) {
  EXPECT_EQ(tameNumbers("[1e400,-1.5E+999,12,\"1e400\",\"\\\"1e9\"]"), "[1e000,-1.5E+000,12,\"1e400\",\"\\\"1e9\"]");
  EXPECT_EQ(tameNumbers(std::string(400, '7')), "7." + std::string(398, '7'));
  EXPECT_EQ(tameNumbers("-" + std::string(400, '7') + ".5e9"), "-7." + std::string(398, '7') + "05e0");
}

TEST(JsonRepair, WhatIsNoNumberStaysNone) {
  EXPECT_EQ(tameNumbers("1.e400"), "1.e000");
  EXPECT_EQ(tameNumbers("1e"), "1e");
  EXPECT_EQ(tameNumbers("-"), "-");
  EXPECT_EQ(tameNumbers("1-2e5"), "1-2e0");
  EXPECT_EQ(tameNumbers("0" + std::string(400, '7')), "0" + std::string(400, '7'));
  EXPECT_EQ(tameNumbers(std::string(400, '7') + "."), "7." + std::string(398, '7') + ".");
  EXPECT_EQ(tameNumbers("\"1e400"), "\"1e400");
  EXPECT_EQ(tameNumbers("\"\\"), "\"\\");
}

}  // namespace
}  // namespace sessiond
