// A clone is whole. Each struct is taken apart here by the number of its members, so that one that gets another does
// not compile until somebody has looked after it in clone() and here.

#include "redis/redis_settings.h"

#include <gtest/gtest.h>

#include <chrono>
#include <tuple>

namespace sessiond {
namespace {

using namespace std::chrono_literals;

/// Every member is another than by default.
SentinelSettings sentinelSettings() {
  return {.master = "mymaster",
          .nodes = {"one:26379", "two:26379"},
          .user = "watcher",
          .password_file = "/etc/sentinel.password",
          .password = Secret("of the sentinels"),
          .tls = true,
          .database = 3,
          .max_silence = 7s};
}

void expectSame(const SentinelSettings& copy, const SentinelSettings& original) {
  const auto& [master, nodes, user, password_file, password, tls, database, max_silence] = copy;
  EXPECT_EQ(std::tie(master, nodes, user, password_file, tls, database, max_silence),
            std::tie(original.master, original.nodes, original.user, original.password_file, original.tls,
                     original.database, original.max_silence));
  EXPECT_EQ(password.reveal(), original.password.reveal());
}

TEST(SentinelSettings, ACloneIsWhole) {
  const SentinelSettings original = sentinelSettings();
  expectSame(original.clone(), original);
}

TEST(RedisSettings, ACloneIsWhole) {
  RedisSettings original{.url = "rediss://redis.example:6380/2",
                         .sentinel = sentinelSettings(),
                         .cluster = {.nodes = {"three:6379"}, .tls = true},
                         .user = "sessiond",
                         .password_file = "/etc/redis.password",
                         .password = Secret("of the server"),
                         .tls = {},
                         .connect_timeout = 11ms,
                         .command_timeout = 22ms,
                         .allow_replica = true,
                         .breaker = {.failures = 9, .min_backoff = 33ms, .max_backoff = 44ms}};
  original.tls.server_name = "redis.internal";
  const RedisSettings clone = original.clone();
  const auto& [url, sentinel, cluster, user, password_file, password, tls, connect_timeout, command_timeout,
               allow_replica, breaker] = clone;
  EXPECT_EQ(std::tie(url, user, password_file, connect_timeout, command_timeout, allow_replica),
            std::tie(original.url, original.user, original.password_file, original.connect_timeout,
                     original.command_timeout, original.allow_replica));
  expectSame(sentinel, original.sentinel);
  EXPECT_EQ(password.reveal(), original.password.reveal());
  EXPECT_EQ(cluster.nodes, original.cluster.nodes);
  EXPECT_EQ(tls.server_name, original.tls.server_name);
  EXPECT_EQ(breaker.failures, original.breaker.failures);
}

}  // namespace
}  // namespace sessiond
