#include "json/json_number.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sessiond {
namespace {

TEST(JsonNumber, IsReadAsJavaScriptReadsIt) {
  EXPECT_EQ(numberValue("1.5e3"), 1500);
  EXPECT_EQ(numberValue("-0"), 0);
  EXPECT_EQ(numberValue("9007199254740993"), 9007199254740992.0);
  EXPECT_TRUE(std::isinf(numberValue("1e400")));
  EXPECT_LT(numberValue("-1e400"), 0);
  EXPECT_EQ(numberValue("1e-400"), 0);
}

TEST(JsonNumber, IsTheSameInAnotherSpelling) {
  EXPECT_TRUE(sameNumber("1", "1.0"));
  EXPECT_TRUE(sameNumber("1e2", "100"));
  EXPECT_TRUE(sameNumber("0", "-0"));
  EXPECT_FALSE(sameNumber("1", "2"));
  EXPECT_FALSE(sameNumber("1", "-1"));
}

TEST(JsonNumber, IsComparedByTextWhereDoublesCannotTell) {
  EXPECT_TRUE(sameNumber("9007199254740993", "9007199254740993"));
  EXPECT_FALSE(sameNumber("9007199254740993", "9007199254740992"));
  EXPECT_FALSE(sameNumber("1e400", "1e500"));
}

TEST(JsonNumber, IsATimeWithinTheRangeOfDates) {
  using std::chrono::milliseconds;
  EXPECT_EQ(toWallTime("0"), WallTime());
  EXPECT_EQ(toWallTime("1767225600000.9"), WallTime(milliseconds(1767225600000)));
  EXPECT_EQ(toWallTime("8.64e15"), WallTime(milliseconds(8640000000000000)));
  EXPECT_EQ(toWallTime("8640000000000001"), std::nullopt);
  EXPECT_EQ(toWallTime("-1"), std::nullopt);
  EXPECT_EQ(toWallTime("1e400"), std::nullopt);
}

}  // namespace
}  // namespace sessiond
