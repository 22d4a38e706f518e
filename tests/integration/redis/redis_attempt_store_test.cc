#include "redis/redis_attempt_store.h"

#include "redis_test_fixture.h"
#include "support/attempt_store_contract.h"
#include "support/fake_clock.h"

namespace sessiond {
namespace {

/// Time passes by making everything in the server older: its own clock cannot be moved.
struct RedisStores {
  AttemptCounters& counters() { return store; }
  LoginMemory& memory() { return store; }
  void pass(std::chrono::milliseconds time) {
    clock.advance(time);
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

  RedisServer server;
  TestClient test{configFor(server.unixUrl())};
  FakeClock clock;
  RedisAttemptStore store{test.client, clock};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Redis, AttemptStoreContract, RedisStores);

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

TEST_F(RedisAttemptStoreTest, NobodyCanTellWithoutTheServerOrWhereSomethingElseStands) {
  stores.server.command({"SET", "sessiond:try:a", "x"});
  EXPECT_FALSE(stores.store.reserve("try:a", limit));
  stores.server.command({"SET", "sessiond:places:a", "x"});
  EXPECT_FALSE(stores.store.isKnown("places:a", "p", std::chrono::hours(1)));
  stores.server.command({"HSET", "sessiond:try:b", "n1", "many", "e1", "99999999999999"});
  EXPECT_TRUE(stores.store.reserve("try:b", limit)) << "an end that no window can have is none";
  stores.server.kill();
  EXPECT_FALSE(stores.store.reserve("try:c", limit));
  EXPECT_FALSE(stores.store.giveBack("try:c"));
  EXPECT_FALSE(stores.store.takeFailures("failures:c"));
}

}  // namespace
}  // namespace sessiond
