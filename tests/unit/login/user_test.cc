#include "login/user.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

TEST(User, ComposesTheObjectThatApplicationsSee) {
  const User user = makeUser({.id = "42", .name = "Ada", .email = "ada@example.org", .roles = {"admin", "staff"}});
  EXPECT_EQ(user.json, R"({"id":"42","name":"Ada","email":"ada@example.org","roles":["admin","staff"]})");
}

TEST(User, LeavesOutTheEmailAndTakesTheNameForTheIdWhenThereIsNone) {
  const User user = makeUser({.id = "", .name = "ada", .email = "", .roles = {}});
  EXPECT_EQ(user.json, R"({"id":"ada","name":"ada","roles":[]})");
}

TEST(User, EscapesWhatWouldEndAJsonString) {
  const User user = makeUser({.id = "1", .name = "a\"b\\c\nd\x01\xc3\xa4/", .email = "", .roles = {}});
  EXPECT_EQ(user.json, "{\"id\":\"1\",\"name\":\"a\\\"b\\\\c\\nd\\u0001\xc3\xa4/\",\"roles\":[]}");
}

}  // namespace
}  // namespace sessiond
