#include "json/json_pointer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sessiond {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(JsonPointer, ReadsTheExamplesOfTheRfc) {
  EXPECT_THAT(JsonPointer::parse("")->tokens(), IsEmpty());
  EXPECT_THAT(JsonPointer::parse("/")->tokens(), ElementsAre(""));
  EXPECT_THAT(JsonPointer::parse("/foo/0")->tokens(), ElementsAre("foo", "0"));
  EXPECT_THAT(JsonPointer::parse("/a~1b")->tokens(), ElementsAre("a/b"));
  EXPECT_THAT(JsonPointer::parse("/m~0n")->tokens(), ElementsAre("m~n"));
  EXPECT_THAT(JsonPointer::parse("/ ")->tokens(), ElementsAre(" "));
  EXPECT_THAT(JsonPointer::parse("/c%d")->tokens(), ElementsAre("c%d"));
  EXPECT_THAT(JsonPointer::parse("/~01")->tokens(), ElementsAre("~1"));
  EXPECT_THAT(JsonPointer::parse("/a//b/")->tokens(), ElementsAre("a", "", "b", ""));
}

TEST(JsonPointer, RefusesWhatIsNone) {
  for (const char* text : {"a", "user/id", "#/a", "/~", "/~2", "/a~", "/a/b~x/c"}) {
    EXPECT_EQ(JsonPointer::parse(text), std::nullopt) << text;
  }
}

TEST(JsonPointer, TellsWhatStandsInAPlaceFromWhatStandsBesideIt) {
  for (const char* pointer : {"/user", "/user/id", "/user/a/b", "/user/"}) EXPECT_TRUE(isAtOrBelow(pointer, "/user"));
  for (const char* pointer : {"", "/", "/use", "/users", "/users/id", "/User", "/a/user"})
    EXPECT_FALSE(isAtOrBelow(pointer, "/user")) << pointer;
}

TEST(JsonPointer, TellsIndexesFromNames) {
  EXPECT_EQ(arrayIndex("0"), 0U);
  EXPECT_EQ(arrayIndex("10"), 10U);
  for (const char* token : {"", "-", "-1", "+1", "01", "00", "1x", "x", " 1", "99999999999999999999999"}) {
    EXPECT_EQ(arrayIndex(token), std::nullopt) << token;
  }
}

}  // namespace
}  // namespace sessiond
