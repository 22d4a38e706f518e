#include "redis/redis_attempt_store.h"

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "cluster_instance.h"
#include "login/login_gate.h"
#include "redis_test_fixture.h"
#include "support/attempt_store_contract.h"
#include "support/fake_clock.h"

namespace sessiond {
namespace {

/// Time passes by making everything in a server older: its own clock cannot be moved.
void makeOlder(RedisServer& server, std::chrono::milliseconds time) {
  const std::string script = R"lua(
    for _, key in ipairs(redis.call('KEYS', 'sessiond:*')) do
      local left = redis.call('PTTL', key) - ARGV[1]
      if left <= 0 then redis.call('DEL', key) else redis.call('PEXPIRE', key, left) end
      if left > 0 and string.find(key, 'try:') then
        for _, field in ipairs({'last', 'e1', 'e2'}) do
          if redis.call('HEXISTS', key, field) == 1 then redis.call('HINCRBY', key, field, -ARGV[1]) end
        end
      end
    end
    return 0)lua";
  server.command({"EVAL", script, "0", std::to_string(time.count())});
}

/// At a server that is reached in this way.
template <Way kWay>
struct StoresBy {
  static constexpr bool kPassMovesWhatIsKept = true;
  AttemptCounters& counters() { return store; }
  LoginMemory& memory() { return store; }
  std::size_t keys() { return std::stoul(server.command({"DBSIZE"})); }
  void pass(std::chrono::milliseconds time) {
    clock.advance(time);
    makeOlder(server, time);
  }

  const ReachedServer reached{kWay};
  RedisServer& server = reached.server();
  TestClient test{reached.settings()};
  FakeClock clock;
  const RedisKeys keys_of_site{"sess:", "sessiond:"};
  RedisAttemptStore store{test.client, keys_of_site, clock};
};
using RedisStores = StoresBy<Way::kUnix>;

INSTANTIATE_TYPED_TEST_SUITE_P(Redis, AttemptStoreContract, RedisStores);
INSTANTIATE_TYPED_TEST_SUITE_P(Sentinels, AttemptStoreContract, StoresBy<Way::kSentinels>);

/// The same at the nodes of a cluster, which all tests share.
struct ClusterStores {
  static constexpr bool kPassMovesWhatIsKept = true;
  ClusterStores() {
    group().everywhere({"FLUSHALL"});
    EXPECT_TRUE(access.recovers());
  }
  AttemptCounters& counters() { return store; }
  LoginMemory& memory() { return store; }
  std::size_t keys() {
    std::size_t all = 0;
    for (std::size_t i = 0; i < group().size(); ++i) all += std::stoul(group().server(i).command({"DBSIZE"}));
    return all;
  }
  void pass(std::chrono::milliseconds time) {
    clock.advance(time);
    for (std::size_t i = 0; i < group().size(); ++i) makeOlder(group().server(i), time);
  }
  static ClusterGroup& group() {
    static ClusterGroup all({.replicas = 0, .node_timeout = 15000});
    return all;
  }

  ClusterAccess access{configFor(group())};
  FakeClock clock;
  const RedisKeys keys_of_site{"sess:", "sessiond:"};
  RedisAttemptStore store{access.client, keys_of_site, clock};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Cluster, AttemptStoreContract, ClusterStores);

TEST(AttemptsInACluster, GoOnWhileTheirSlotMoves) {
  ClusterStores stores;
  ClusterGroup& group = ClusterStores::group();
  const AttemptLimit limit{.windows = {{5, std::chrono::minutes(1)}}};
  const std::string key = "sessiond:try:a";
  const auto counted = [&] {
    const auto made = stores.store.reserve("try:a", limit);
    return made && made->wait.count() == 0;
  };
  EXPECT_TRUE(counted());
  const std::size_t from = group.ownerOf(key);
  const std::size_t to = from == 0 ? 1 : 0;
  group.beginMove(key, to);
  EXPECT_TRUE(counted()) << "it is at the old node yet";
  group.moveKey(key, from, to);
  EXPECT_TRUE(counted()) << "it is at the new one";
  group.endMove(key, from, to);
  EXPECT_TRUE(counted());
  EXPECT_TRUE(counted());
  EXPECT_FALSE(counted()) << "five, wherever they were counted";
}

class RedisAttemptStoreTest : public testing::Test {
 protected:
  const AttemptLimit limit{.windows = {{3, std::chrono::minutes(1)}, {5, std::chrono::hours(1)}}};
  RedisStores stores;
};

TEST_F(RedisAttemptStoreTest, ACounterGoesWithItsLastWindow) {
  ASSERT_TRUE(stores.store.reserve("try:a", limit));
  const long left = std::stol(stores.server.command({"PTTL", "sessiond:try:a"}));
  EXPECT_GT(left, 3'000'000);
  EXPECT_LE(left, 3'600'000);
  stores.pass(std::chrono::hours(1));
  EXPECT_EQ(stores.server.command({"EXISTS", "sessiond:try:a"}), "0");
}

TEST_F(RedisAttemptStoreTest, NothingStaysWithoutAnEnd) {
  ASSERT_TRUE(stores.store.remember("places:a", "p", std::chrono::hours(24), 16));
  ASSERT_TRUE(stores.store.noteFailure("failures:a", std::chrono::hours(24)));
  for (const char* key : {"sessiond:places:a", "sessiond:failures:a"}) {
    EXPECT_GT(std::stol(stores.server.command({"TTL", key})), 86'000) << key;
  }
}

/// Whoever is on the move within one second is not thereby unknown at the office.
TEST_F(RedisAttemptStoreTest, OfLoginsWithinASecondTheLatestPlacesAreKept) {
  constexpr std::chrono::hours kLifetime{24};
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(stores.store.remember("places:a", "z" + std::to_string(i), kLifetime, 16));
    stores.clock.advance(10ms);
    ASSERT_TRUE(stores.store.remember("places:a", "office", kLifetime, 16));
    stores.clock.advance(10ms);
    const auto known = stores.store.knownPlaces("places:a", kLifetime);
    ASSERT_TRUE(known);
    ASSERT_THAT(*known, testing::Contains("office")) << i;
    ASSERT_LE(known->size(), 16U);
  }
}

/// Two instances, each with threads and connections of its own, and one Redis.
TEST_F(RedisAttemptStoreTest, OfThreeHundredTriesAtOnceAtTwoInstancesFiveReachAPassword) {
  TestClient other_client{configFor(stores.server.unixUrl())};
  RedisAttemptStore other(other_client.client, stores.keys_of_site, stores.clock);
  const Secret secret(std::string("the site's"));
  std::array<LoginGate, 2> gates{LoginGate(LoginGateSettings{}, secret, stores.store, stores.store, stores.clock),
                                 LoginGate(LoginGateSettings{}, secret, other, other, stores.clock)};
  std::atomic<int> entered = 0;
  std::atomic<int> unavailable = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 10; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 30; ++i) {
          const std::string place = "10." + std::to_string(thread) + "." + std::to_string(i) + ".0/24";
          const auto pass =
              gates[static_cast<std::size_t>(thread % 2)].enter({.user = "ada", .place = place, .device = ""});
          if (pass) ++entered;
          if (!pass && pass.error().unavailable) ++unavailable;
        }
      });
    }
  }
  EXPECT_EQ(unavailable, 0);
  EXPECT_EQ(entered, 5);
  EXPECT_EQ(stores.keys(), 6U) << "one of the user, five of networks; those that were refused leave nothing";
}

TEST_F(RedisAttemptStoreTest, TwoSitesInOneDatabaseCountApart) {
  const RedisKeys keys("other:", "other-site:");
  RedisAttemptStore other(stores.test.client, keys, stores.clock);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(stores.store.reserve("try:a", limit)->wait.count(), 0);
  EXPECT_GT(stores.store.reserve("try:a", limit)->wait.count(), 0);
  EXPECT_EQ(other.reserve("try:a", limit)->wait.count(), 0);
  EXPECT_EQ(stores.server.command({"EXISTS", "other-site:try:a"}), "1");
}

/// As after a failover to a server whose clock is behind: nobody waits longer than a window, and none is without end.
TEST_F(RedisAttemptStoreTest, AClockThatWasSetBackLengthensNoWindow) {
  for (int i = 0; i < 3; ++i) ASSERT_EQ(stores.store.reserve("try:a", limit)->wait.count(), 0);
  stores.pass(-std::chrono::hours(5));
  const auto made = stores.store.reserve("try:a", limit);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->wait.count(), 0);
  EXPECT_LE(std::stol(stores.server.command({"PTTL", "sessiond:try:a"})), 3'600'000);
}

TEST_F(RedisAttemptStoreTest, NobodyCanTellWithoutTheServerOrWhereSomethingElseStands) {
  stores.server.command({"SET", "sessiond:try:a", "x"});
  EXPECT_FALSE(stores.store.reserve("try:a", limit));
  EXPECT_FALSE(stores.store.giveBack("try:a", {}));
  stores.server.command({"SET", "sessiond:places:a", "x"});
  EXPECT_FALSE(stores.store.knownPlaces("places:a", std::chrono::hours(1)));
  EXPECT_FALSE(stores.store.remember("places:a", "p", std::chrono::hours(1), 5));
  EXPECT_FALSE(stores.store.noteFailure("places:a", std::chrono::hours(1)));
  stores.server.command({"HSET", "sessiond:try:b", "n1", "many", "e1", "99999999999999"});
  EXPECT_TRUE(stores.store.reserve("try:b", limit)) << "an end that no window can have is none";
  stores.server.kill();
  EXPECT_FALSE(stores.store.reserve("try:c", limit));
  EXPECT_FALSE(stores.store.giveBack("try:c", {}));
  EXPECT_FALSE(stores.store.takeFailures("failures:c"));
}

}  // namespace
}  // namespace sessiond
