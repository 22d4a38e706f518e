#include "login/user.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

TEST(User, ComposesTheObjectThatApplicationsSee) {
  const User user = makeUser({.id = "42", .name = "Ada", .email = "ada@example.org", .roles = {"admin", "staff"}});
  EXPECT_EQ(user.json, R"({"id":"42","name":"Ada","email":"ada@example.org","roles":["admin","staff"]})");
  EXPECT_EQ(user.id, "42");
}

TEST(User, LeavesOutTheEmailAndTakesTheNameForTheIdWhenThereIsNone) {
  const User user = makeUser({.id = "", .name = "ada", .email = "", .roles = {}});
  EXPECT_EQ(user.json, R"({"id":"ada","name":"ada","roles":[]})");
  EXPECT_EQ(user.id, "ada");
}

TEST(User, EscapesWhatWouldEndAJsonString) {
  const User user = makeUser({.id = "1", .name = "a\"b\\c\nd\x01\xc3\xa4/", .email = "", .roles = {}});
  EXPECT_EQ(user.json, "{\"id\":\"1\",\"name\":\"a\\\"b\\\\c\\u000ad\\u0001\xc3\xa4/\",\"roles\":[]}");
}

TEST(UserName, IsUpTo256BytesOfUtf8WithoutControlCharacters) {
  EXPECT_TRUE(isValidUserName("ada"));
  EXPECT_TRUE(isValidUserName("Ada Lovelace <ada@example.org>"));
  EXPECT_TRUE(isValidUserName("\xc3\xa4"));
  EXPECT_TRUE(isValidUserName(std::string(256, 'a')));
  EXPECT_FALSE(isValidUserName(std::string(257, 'a')));
  EXPECT_FALSE(isValidUserName(""));
  EXPECT_FALSE(isValidUserName("a\nb"));
  EXPECT_FALSE(isValidUserName("a\x7f"));
  EXPECT_FALSE(isValidUserName(std::string_view("a\0b", 3)));
  EXPECT_FALSE(isValidUserName("\xc3"));
}

}  // namespace
}  // namespace sessiond
