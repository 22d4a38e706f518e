#include "session/session_id.h"

#include <gtest/gtest.h>

#include <set>

namespace sessiond {
namespace {

TEST(SessionId, TakesAnyBytesUpToItsLimit) {
  EXPECT_EQ(SessionId::fromBytes(""), std::nullopt);
  EXPECT_EQ(SessionId::fromBytes("x")->bytes(), "x");
  EXPECT_EQ(SessionId::fromBytes(std::string_view("\0\xff.", 3))->bytes(), std::string("\0\xff.", 3));
  EXPECT_TRUE(SessionId::fromBytes(std::string(256, 'x')).has_value());
  EXPECT_FALSE(SessionId::fromBytes(std::string(257, 'x')).has_value());
}

TEST(SessionId, GeneratesThirtyTwoUrlSafeCharacters) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = SessionId::generate().bytes();
    EXPECT_EQ(id.size(), 32U);
    EXPECT_EQ(id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), id.npos);
    EXPECT_TRUE(seen.insert(id).second);
  }
}

}  // namespace
}  // namespace sessiond
