#include "redis/learned_nodes.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

RedisAddress addressOf(const std::string& host) {
  RedisAddress address;
  address.host = host;
  return address;
}

TEST(LearnedNodes, AreThoseThatWereNotedLastOfTheSameTarget) {
  LearnedNodes learned;
  EXPECT_TRUE(learned.of("cluster a:1").empty());
  learned.note("cluster a:1", {addressOf("x"), addressOf("y")});
  learned.note("cluster b:1", {addressOf("z")});
  EXPECT_EQ(learned.of("cluster a:1").size(), 2U);
  learned.note("cluster a:1", {addressOf("y")});
  ASSERT_EQ(learned.of("cluster a:1").size(), 1U);
  EXPECT_EQ(learned.of("cluster a:1")[0].host, "y");
  EXPECT_EQ(learned.of("cluster b:1")[0].host, "z");
}

}  // namespace
}  // namespace sessiond
