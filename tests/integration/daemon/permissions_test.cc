// permissionsFor(): what is set says which rights are asked for, on a real Redis whose user may do nothing.

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "config/config.h"
#include "redis/permission_check.h"
#include "redis/redis_client.h"
#include "redis/redis_keys.h"
#include "site.h"
#include "support/redis_server.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

class Permissions : public testing::Test {
 protected:
  Permissions() {
    server_.command({"ACL", "SETUSER", "app", "reset", "on", ">s3cret", "+multi"});
    redis_.url = server_.unixUrl();
    redis_.user = "app";
    redis_.password = Secret(std::string("s3cret"));
    redis_.command_timeout = 5s;  // how fast is not asked here
  }

  /// The names of the rights that this server does not give for `config`, whatever Redis that names.
  std::set<std::string> missing(const Config& config) {
    RedisClient client(redis_, clock_, metrics_);
    const RedisKeys keys(config.session.key_prefix, config.sessiond.key_prefix);
    std::set<std::string> names;
    for (const MissingRight& right : missingRights(client, permissionsFor(config, keys), clock_))
      names.insert(right.name);
    return names;
  }
  /// Those more than without anything set.
  std::set<std::string> missingMore(const Config& config) {
    const std::set<std::string> before = missing(Config());
    EXPECT_TRUE(before.contains("GETRANGE sess:*"));
    std::set<std::string> more;
    for (const std::string& name : missing(config))
      if (!before.contains(name)) more.insert(name);
    return more;
  }

  RedisServer server_;
  RedisSettings redis_;
  SystemClock clock_;
  MetricsRegistry metrics_;
};

using Names = std::set<std::string>;

TEST_F(Permissions, OfAClusterAreAskedForWhereThereIsOne) {
  Config config;
  config.redis.cluster.nodes = {"127.0.0.1:1"};
  EXPECT_EQ(missingMore(config), Names({"CLUSTER INFO", "CLUSTER SLOTS", "ASKING", "DEL sessiond:alive:{s}:*"}));
}

TEST_F(Permissions, ToSeeWhetherWritesAreTakenAreAskedForBehindSentinels) {
  Config config;
  config.redis.sentinel.master = "main";
  config.redis.sentinel.nodes = {"127.0.0.1:1"};
  EXPECT_EQ(missingMore(config), Names({"DEL sessiond:alive:{s}:*"}));
}

/// What has been seen of it is written back by whoever has seen it.
TEST_F(Permissions, ToWriteHowOftenEverybodyWasLoggedOutAreAskedForWhereNobodyLogsInHereToo) {
  const Config config;
  ASSERT_TRUE(config.login.authenticators.empty());
  EXPECT_TRUE(missing(config).contains("SET sessiond:epoch*"));
}

TEST_F(Permissions, ToWaitForReplicasAreAskedForWhereAnyAreWaitedFor) {
  Config config;
  config.logout.replicas = 1;
  EXPECT_EQ(missingMore(config), Names({"WAIT"}));
}

TEST_F(Permissions, OfTheApplicationsEndpointsAreAskedForWhereTheseAreOn) {
  Config config;
  config.api.enabled = true;
  EXPECT_TRUE(missingMore(config).contains("GETRANGE cache:*"));
}

}  // namespace
}  // namespace sessiond
