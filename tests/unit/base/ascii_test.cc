#include "base/ascii.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

TEST(Ascii, LowersLettersAndNothingElse) {
  EXPECT_EQ(lowerCase("X-User_Id @[`{ \xC3\x89\x80"), "x-user_id @[`{ \xC3\x89\x80");
  EXPECT_EQ(lowerCase("AZ"), "az");
  EXPECT_EQ(lowerCase(""), "");
}

TEST(Ascii, KnowsWhatATextBeginsWithWhateverItsCase) {
  EXPECT_TRUE(startsWithoutCase("BEARER abc", "bearer "));
  EXPECT_TRUE(startsWithoutCase("x", ""));
  EXPECT_FALSE(startsWithoutCase("beare", "bearer "));
  EXPECT_FALSE(startsWithoutCase("[", "{")) << "these are no letters";
}

TEST(Ascii, ComparesTwoTextsWhateverTheirCase) {
  EXPECT_TRUE(sameWithoutCase("X-User-Id", "x-uSER-iD"));
  EXPECT_TRUE(sameWithoutCase("", ""));
  EXPECT_FALSE(sameWithoutCase("X-User-Id", "X-User-I"));
  EXPECT_FALSE(sameWithoutCase("X-User-I", "X-User-Id"));
  EXPECT_FALSE(sameWithoutCase("[", "{")) << "these are no letters";
}

TEST(Ascii, KnowsWhetherATextIsMadeOfSomeBytesAlone) {
  EXPECT_TRUE(isMadeOf("2026", "0123456789"));
  EXPECT_TRUE(isMadeOf("", "0123456789"));
  EXPECT_FALSE(isMadeOf("20x6", "0123456789"));
  EXPECT_FALSE(isMadeOf("2026 ", "0123456789"));
}

TEST(Ascii, TakesSpacesAndTabsOffTheEnds) {
  EXPECT_EQ(trimBlanks(" \t a b\t "), "a b");
  EXPECT_EQ(trimBlanks("\na\r"), "\na\r");
  EXPECT_EQ(trimBlanks(" \t"), "");
  EXPECT_EQ(trimBlanks(""), "");
}

}  // namespace
}  // namespace sessiond
