#include "redis/redis_app_cache.h"

#include "redis_test_fixture.h"

namespace sessiond {
namespace {

AppCacheSettings smallCache() {
  AppCacheSettings config;
  config.max_bytes = 10;
  return config;
}

class RedisAppCacheTest : public ::testing::Test {
 protected:
  std::string got(std::string_view key) {
    const auto value = cache.get(key);
    if (!value) return value.error() == AppCacheError::kWrongType ? "(wrong type)" : "(unavailable)";
    return value->value_or("(none)");
  }

  RedisServer server;
  TestClient test{configFor(server.unixUrl())};
  RedisAppCache cache{test.client, smallCache()};
};

TEST_F(RedisAppCacheTest, KeepsValuesUnderItsPrefix) {
  ASSERT_TRUE(cache.put("weather:paris", "{\"c\":21}", 86400s));
  EXPECT_EQ(server.command({"GET", "cache:weather:paris"}), "{\"c\":21}");
  EXPECT_EQ(server.command({"TTL", "cache:weather:paris"}), "86400");
  EXPECT_EQ(got("weather:paris"), "{\"c\":21}");
  EXPECT_EQ(got("weather"), "(none)");
}

TEST_F(RedisAppCacheTest, ReadsWhatOthersStored) {
  server.command({"SET", "cache:a", "[1,2]", "EX", "60"});
  EXPECT_EQ(got("a"), "[1,2]");
}

TEST_F(RedisAppCacheTest, WithoutTtlAValueStays) {
  ASSERT_TRUE(cache.put("a", "1", 60s));
  ASSERT_TRUE(cache.put("a", "2", std::nullopt));
  EXPECT_EQ(server.command({"TTL", "cache:a"}), "-1");
  EXPECT_EQ(got("a"), "2");
}

TEST_F(RedisAppCacheTest, ReplacesAndDeletesWhateverIsThere) {
  server.command({"LPUSH", "cache:a", "x"});
  EXPECT_EQ(got("a"), "(wrong type)");
  ASSERT_TRUE(cache.put("a", "1", std::nullopt));
  EXPECT_EQ(got("a"), "1");
  server.command({"DEL", "cache:a"});
  server.command({"LPUSH", "cache:a", "x"});
  ASSERT_TRUE(cache.remove("a"));
  ASSERT_TRUE(cache.remove("a"));
  EXPECT_EQ(server.command({"EXISTS", "cache:a"}), "0");
}

TEST_F(RedisAppCacheTest, GivesOneByteMoreThanMayBe) {
  server.command({"SET", "cache:a", std::string(1000, '1')});
  EXPECT_EQ(got("a"), std::string(11, '1'));
  server.command({"SET", "cache:a", ""});
  EXPECT_EQ(got("a"), "(none)");
}

TEST_F(RedisAppCacheTest, KeepsOddKeysApart) {
  for (const std::string_view key : {"a", "a b", "a\r\nDEL", "é", "*"}) {
    ASSERT_TRUE(cache.put(key, "\"" + std::to_string(key.size()) + "\"", 60s));
  }
  EXPECT_EQ(server.command({"DBSIZE"}), "5");
  EXPECT_EQ(got("a\r\nDEL"), "\"6\"");
}

TEST_F(RedisAppCacheTest, SaysSoWhenRedisIsGoneAndRecovers) {
  ASSERT_TRUE(cache.put("a", "1", std::nullopt));
  server.kill();
  EXPECT_EQ(got("a"), "(unavailable)");
  EXPECT_FALSE(cache.put("a", "2", std::nullopt));
  EXPECT_FALSE(cache.remove("a"));
  server.start();
  ASSERT_TRUE(test.recovers());
  EXPECT_EQ(got("a"), "(none)");
}

TEST_F(RedisAppCacheTest, AFullServerStillReads) {
  ASSERT_TRUE(cache.put("a", "1", std::nullopt));
  server.command({"CONFIG", "SET", "maxmemory", "1"});
  const auto full = cache.put("b", "2", std::nullopt);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error(), AppCacheError::kUnavailable);
  EXPECT_EQ(got("a"), "1");
}

}  // namespace
}  // namespace sessiond
