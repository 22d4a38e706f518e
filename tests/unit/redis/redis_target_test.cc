#include "redis/redis_target.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

RedisSettings at(const std::string& url) {
  RedisSettings settings;
  settings.url = url;
  return settings;
}

TEST(RedisTarget, IsTheServerAndItsDatabase) {
  const std::string usual = targetOf(at("redis://redis.example:6379/0"));
  for (const char* same : {"redis://redis.example", "redis://sessiond@redis.example/0", "rediss://redis.example/"})
    EXPECT_EQ(targetOf(at(same)), usual) << same;
  RedisSettings patient = at("redis://redis.example");
  patient.user = "sessiond";
  patient.command_timeout = std::chrono::seconds(1);
  EXPECT_EQ(targetOf(patient), usual);
  for (const char* other : {"redis://redis.example/1", "redis://redis.example:6380", "redis://other.example",
                            "unix:///run/redis.sock", "unix:///run/redis.sock?db=1"})
    EXPECT_NE(targetOf(at(other)), usual) << other;
  EXPECT_NE(targetOf(at("unix:///run/redis.sock")), targetOf(at("unix:///run/redis.sock?db=1")));
}

TEST(RedisTarget, IsWhatSentinelsCallItInItsDatabase) {
  const auto behind = [](const std::string& master, std::uint32_t database, std::vector<std::string> nodes) {
    RedisSettings settings = at("");
    settings.sentinel.master = master;
    settings.sentinel.database = database;
    settings.sentinel.nodes = std::move(nodes);
    return targetOf(settings);
  };
  const std::string usual = behind("mymaster", 0, {"a:1", "b:1"});
  EXPECT_EQ(behind("mymaster", 0, {"b:1", "a:1"}), usual);
  EXPECT_NE(behind("other", 0, {"a:1", "b:1"}), usual);
  EXPECT_NE(behind("mymaster", 1, {"a:1", "b:1"}), usual);
  EXPECT_NE(behind("mymaster", 0, {"c:1", "d:1"}), usual) << "another group's primary may be called so too";
}

TEST(RedisTarget, IsTheNodesOfACluster) {
  const auto of = [](std::vector<std::string> nodes) {
    RedisSettings settings = at("");
    settings.cluster.nodes = std::move(nodes);
    return targetOf(settings);
  };
  EXPECT_EQ(of({"a:1", "b:1"}), of({"b:1", "a:1"}));
  EXPECT_NE(of({"a:1", "b:1"}), of({"a:1", "c:1"}));
  EXPECT_NE(of({"a:1"}), targetOf(at("redis://a:1")));
}

}  // namespace
}  // namespace sessiond
