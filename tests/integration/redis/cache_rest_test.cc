// The in-process cache where applications write sessions all the time: it rests, and nothing is believed meanwhile.

#include <string>

#include "cache_instance.h"
#include "redis/cache_worth.h"
#include "support/redis_server.h"

namespace sessiond {
namespace {

class CacheRest : public testing::Test {
 protected:
  /// As connect-redis does with every request, by other users.
  void applicationsWrite() {
    for (int i = 0; i < 100; ++i) server_.command({"SET", "sess:w" + std::to_string(i), sessionOf("eve")});
  }
  void checksFollow() {
    for (int i = 0; i < 100; ++i) instance_.check("w" + std::to_string(i));
  }
  void rest() {
    server_.command({"SET", "sess:a", sessionOf("ada")});
    ASSERT_TRUE(instance_.settle("a"));
    EXPECT_EQ(gauge("sessiond_cache_subscribed"), 1);
    ASSERT_TRUE(soon(
        [&] {
          applicationsWrite();
          checksFollow();
          return gauge("sessiond_cache_resting") == 1;
        },
        30s));
  }
  std::int64_t gauge(const std::string& name) { return instance_.site().metrics.gauge(name, "").read(); }

  RedisServer server_;
  Instance instance_{server_.unixUrl()};
};

TEST_F(CacheRest, ComesWhereSessionsAreWrittenMoreOftenThanFound) {
  rest();
  EXPECT_EQ(gauge("sessiond_cache_subscribed"), 0);
  EXPECT_EQ(instance_.check("a"), "U: ada\r\n");
  EXPECT_FALSE(instance_.isInMemory("a"));
  server_.command({"DEL", "sess:a"});
  EXPECT_EQ(instance_.check("a"), "unknown") << "every check asks Redis";
}

TEST_F(CacheRest, EndsWhenTheServerMayBeAnotherOne) {
  rest();
  const std::uint64_t before = instance_.subscriptions();
  server_.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  EXPECT_TRUE(soon([&] { return instance_.subscriptions() > before; }, 20s)) << "it would rest for 30 seconds";
}

TEST_F(CacheRest, TombstonesAreWrittenAgainAfterIt) {
  const SessionId ended = SessionId::generate();
  ASSERT_TRUE(instance_.site().store.revoke(ended, std::chrono::hours(24)));
  rest();
  const auto renewed = [&] {
    return instance_.site().metrics.counter("sessiond_revocations_renewed_total", "").read();
  };
  const std::uint64_t before = renewed();
  const std::uint64_t subscriptions = instance_.subscriptions();
  ASSERT_TRUE(soon([&] { return instance_.subscriptions() > subscriptions; }, 90s));
  EXPECT_TRUE(soon([&] { return renewed() > before; }, 20s))
      << "a connection that stands does not show that its server is the one that the others ask";
}

TEST_F(CacheRest, DoesNotComeWhereTheyAreFoundBetweenTwoWrites) {
  server_.command({"SET", "sess:a", sessionOf("ada")});
  ASSERT_TRUE(instance_.settle("a"));
  const auto end = SteadyClock::now() + CacheWorth::kWindow + 1s;
  while (SteadyClock::now() < end) {
    applicationsWrite();
    for (int i = 0; i < 100; ++i) ASSERT_EQ(instance_.check("a"), "U: ada\r\n");
  }
  EXPECT_EQ(gauge("sessiond_cache_resting"), 0);
  EXPECT_TRUE(instance_.settle("a"));
}

}  // namespace
}  // namespace sessiond
