// Changes to one session by many at one time, of several daemons, on a real Redis.

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "config/config.h"
#include "endpoints/api/session_data.h"
#include "json/json_tree.h"
#include "redis/redis_client.h"
#include "redis/redis_session_store.h"
#include "session/session_finder.h"
#include "support/redis_server.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

Config configFor(const RedisServer& server) {
  Config config;
  config.redis.url = server.unixUrl();
  config.redis.command_timeout = 5s;  // how fast is not asked here
  config.session.secrets.emplace_back(std::string("a secret of at least 32 bytes, here"));
  return config;
}

/// What one daemon has to do with the endpoint.
struct Daemon {
  explicit Daemon(const Config& config)
      : signer(config.session.secrets),
        redis(config.redis, clock, metrics),
        store(redis, config.session, RedisKeys(config.session.key_prefix, config.sessiond.key_prefix)),
        finder(config.extractionRules(),
               {config.session, config.cookie, config.logout, signer, store, revoked, epoch, clock, log_key, metrics}),
        endpoint({finder, store, clock, config.session.max_bytes}) {}

  Response patch(const SessionId& id, const std::string& body) const {
    const std::string cookie = "connect.sid=" + signer.sign(id);
    const std::vector<Param> params = {
        {"REQUEST_METHOD", "PATCH"}, {"CONTENT_TYPE", "application/merge-patch+json"}, {"HTTP_COOKIE", cookie}};
    Request request;
    request.params = params;
    request.body = body;
    return endpoint.answer(request);
  }

  SystemClock clock;
  MetricsRegistry metrics;
  const RevokedSessions revoked{clock, metrics};
  LoginEpoch epoch;
  const HmacKey log_key{Secret(std::string("log"))};
  const CookieSigner signer;
  RedisClient redis;
  RedisSessionStore store;
  const SessionFinder finder;
  const SessionDataEndpoint endpoint;
};

class ConcurrentPatches : public testing::Test {
 protected:
  static constexpr int kWriters = 100;

  /// The members that the stored session has.
  std::size_t storedMembers() {
    const std::string json = server_.command({"GET", "sess:mine"});
    const auto tree = JsonTree::parse(json);
    if (!tree) return 0;
    std::size_t count = 0;
    for (const JsonChild child : tree->root().children()) count += child.name.starts_with("member") ? 1 : 0;
    return count;
  }

  RedisServer server_;
  const Config config_ = configFor(server_);
  const SessionId id_ = idOf("mine");
};

TEST_F(ConcurrentPatches, OfDifferentMembersLoseNothing) {
  server_.command({"SET", "sess:mine", R"({"cookie":{"originalMaxAge":null},"user":{"id":7}})", "EX", "1000"});
  const Daemon one(config_);
  const Daemon two(config_);
  std::atomic<int> refused = 0;
  std::latch start(kWriters);
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < kWriters; ++i) {
      writers.emplace_back([&, i] {
        const Daemon& daemon = i % 2 == 0 ? one : two;
        const std::string number = std::to_string(i);
        start.arrive_and_wait();
        int status = 409;  // said on a slow machine, where two seconds are not enough: then one tries again
        while (status == 409) status = daemon.patch(id_, "{\"member" + number + "\":" + number + "}").status;
        if (status != 200) ++refused;
      });
    }
  }
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(storedMembers(), static_cast<std::size_t>(kWriters));
  EXPECT_GE(std::stoi(server_.command({"TTL", "sess:mine"})), 990);
  const std::string json = server_.command({"GET", "sess:mine"});
  EXPECT_TRUE(json.starts_with(R"({"cookie":{"originalMaxAge":null},"user":{"id":7},"member)")) << json;
}

// An application saves its whole copy, as Express does, with a number that only grows; whatever is patched meanwhile,
// the number never goes back.
TEST_F(ConcurrentPatches, NeverTakeASaveBack) {
  const auto save = [this](int number) {
    return server_.command(
        {"SET", "sess:mine", R"({"cookie":{},"number":)" + std::to_string(number) + "}", "EX", "100"});
  };
  save(0);
  const Daemon daemon(config_);
  std::atomic<bool> done = false;
  std::atomic<int> patched = 0;
  std::vector<std::jthread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&, i] {
      for (int n = 0; !done; ++n) {
        const std::string body = "{\"member" + std::to_string(i) + "\":" + std::to_string(n) + "}";
        if (daemon.patch(id_, body).status == 200) ++patched;
      }
    });
  }
  for (int number = 1; number <= 300 || (patched < 100 && number < 20'000); ++number) {
    ASSERT_EQ(save(number), "OK");
    const std::string json = server_.command({"GET", "sess:mine"});
    EXPECT_NE(json.find("\"number\":" + std::to_string(number)), std::string::npos) << json;
  }
  done = true;
  writers.clear();
  EXPECT_GE(patched, 100);
}

}  // namespace
}  // namespace sessiond
