// The subscription to invalidations with a server, or a proxy before one, that a real Redis is not.

#include <atomic>
#include <string>
#include <string_view>

#include "cache_instance.h"
#include "support/scripted_redis.h"

namespace sessiond {
namespace {

/// It stands only once it is confirmed, and a proxy may keep SUBSCRIBE for ever without closing anything.
TEST(Subscription, ThatIsNotConfirmedIsAskedForAgainAndIsSaidToBeMissing) {
  testing::internal::CaptureStderr();
  std::atomic<int> subscribed = 0;
  ScriptedRedis server([&](std::string_view request, int) -> std::string {
    if (isGreeting(request)) return kGreeted;
    if (request.find("TRACKING") != std::string_view::npos) return "+OK\r\n";
    if (request.find("SUBSCRIBE") == std::string_view::npos) return ":7\r\n";
    ++subscribed;
    return "*3\r\n";  // and no more
  });
  {
    const Instance instance(server.url());
    EXPECT_TRUE(soon([&] { return subscribed >= 2; }, 10s));
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("the subscription by which Redis tells which sessions change does not come to stand"),
            std::string::npos)
      << log;
}

constexpr const char* kStanding = "Redis tells which sessions change";

/// As of a front end that says OK to everything.
TEST(Subscription, ThatIsConfirmedAndTellsNothingIsNotSaidToStand) {
  testing::internal::CaptureStderr();
  ScriptedRedis server([&](std::string_view request, int) -> std::string {
    if (isGreeting(request)) return kGreeted;
    if (request.find("TRACKING") != std::string_view::npos) return "+OK\r\n";
    if (request.find("SUBSCRIBE") == std::string_view::npos) return ":7\r\n";
    return "*3\r\n$9\r\nsubscribe\r\n$20\r\n__redis__:invalidate\r\n:1\r\n";
  });
  {
    Instance instance(server.url());
    EXPECT_TRUE(soon([&] { return instance.subscriptions() > 0; }));
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(log.find(kStanding), std::string::npos) << log;
}

TEST(Subscription, ThatIsLostIsSaidToLeaveWhatWasProven) {
  testing::internal::CaptureStderr();
  RedisServer server;
  server.command({"SET", "sess:a", sessionOf("ada")});
  {
    Instance instance(server.unixUrl());
    EXPECT_TRUE(instance.settle("a"));
    server.command({"CLIENT", "KILL", "TYPE", "pubsub"});
    EXPECT_TRUE(soon([&] { return instance.subscriptions() == 2U; }));
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("the subscription to Redis is lost; what is in memory is believed for max_staleness more at most"),
            std::string::npos)
      << log;
}

/// As by a front end with an idle limit, each time of which would cost the subscription.
TEST(Subscription, IsNotSilentForLong) {
  RedisServer server;
  server.command({"SET", "sess:a", sessionOf("ada")});
  Instance instance(server.unixUrl());
  ASSERT_TRUE(instance.settle("a"));
  for (int i = 0; i < 2; ++i) {
    const auto is_asked = [&] {
      return server.command({"CLIENT", "LIST", "TYPE", "pubsub"}).find("cmd=ping") != std::string::npos;
    };
    EXPECT_TRUE(soon(is_asked));
    server.command({"SET", "sess:a", sessionOf("eve")});
    EXPECT_TRUE(soon([&] { return instance.check("a") == "U: eve\r\n"; })) << "and it tells of what changes";
  }
  EXPECT_EQ(instance.subscriptions(), 1U);
}

/// One who may not be asked is not taken for one who tells of nothing.
TEST(Subscription, StandsThoughItMayNotBeAskedWhetherItDoes) {
  RedisServer server;
  server.command({"SET", "sess:a", sessionOf("ada")});
  server.command({"ACL", "SETUSER", "default", "-ping"});
  Instance instance(server.unixUrl());
  ASSERT_TRUE(instance.settle("a"));
  const auto refusals = [&] { return server.command({"ACL", "LOG"}).find("ping") != std::string::npos; };
  EXPECT_TRUE(soon(refusals));
  const std::uint64_t before = instance.invalidations();
  server.command({"SET", "sess:a", sessionOf("eve")});
  EXPECT_TRUE(soon([&] { return instance.invalidations() > before; }, 10s)) << "it comes behind the refusal";
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: eve\r\n"; }));
  EXPECT_EQ(instance.subscriptions(), 1U);
  EXPECT_EQ(instance.losses("subscription"), 0U);
}

TEST(Subscription, IsMadeAnewAfterAnErrorThatIsNoAnswerToPing) {
  std::atomic<int> subscribed = 0;
  ScriptedRedis server([&](std::string_view request, int) -> std::string {
    if (isGreeting(request)) return kGreeted;
    if (request.find("TRACKING") != std::string_view::npos) return "+OK\r\n";
    if (request.find("PING") != std::string_view::npos)
      return "-NOPERM no PING\r\n-ERR the proxy has lost its server\r\n";
    if (request.find("SUBSCRIBE") == std::string_view::npos) return ":7\r\n";
    ++subscribed;
    return "*3\r\n$9\r\nsubscribe\r\n$20\r\n__redis__:invalidate\r\n:1\r\n";
  });
  Instance instance(server.url());
  const auto is_anew = [&] {
    instance.check("a");  // of what nobody uses nothing need be told
    return subscribed >= 2;
  };
  EXPECT_TRUE(soon(is_anew, 10s));
}

TEST(Subscription, ThatTellsOfCanariesIsSaidToStandOnce) {
  testing::internal::CaptureStderr();
  RedisServer server;
  server.command({"SET", "sess:a", sessionOf("ada")});
  {
    Instance instance(server.unixUrl());
    EXPECT_TRUE(instance.settle("a"));
  }
  const std::string log = testing::internal::GetCapturedStderr();
  const std::size_t said = log.find(kStanding);
  ASSERT_NE(said, std::string::npos) << log;
  EXPECT_EQ(log.find(kStanding, said + 1), std::string::npos) << log;
}

}  // namespace
}  // namespace sessiond
