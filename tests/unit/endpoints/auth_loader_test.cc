// What checks ask for that memory alone cannot answer.

#include <gtest/gtest.h>

#include "unit/endpoints/auth_fixture.h"

namespace sessiond {
namespace {

TEST_F(AuthEndpointTest, WhereThereIsNoMemoryToAskForOneSessionTheCheckIsDecidedByTheOthers) {
  store("s1", kAda);
  source_.unaskable = {"lost", "lost-too"};
  const auto check = [this](const std::string& first, const std::string& second) {
    return ask({{"HTTP_COOKIE", "connect.sid=" + cookieOf(first) + "; connect.sid=" + cookieOf(second)}}).status;
  };
  EXPECT_EQ(check("s1", "lost"), 204);
  EXPECT_EQ(check("gone", "lost"), 503) << "nobody can tell what it is";
  EXPECT_EQ(check("lost", "gone"), 503);
  EXPECT_THROW(check("lost", "lost-too"), std::bad_alloc) << "nobody is asked who would answer";
}

}  // namespace
}  // namespace sessiond
