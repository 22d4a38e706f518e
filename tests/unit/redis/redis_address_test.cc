#include "redis/redis_address.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

std::string complaint(std::string_view url) {
  const Expected<RedisAddress, std::string> address = parseRedisUrl(url);
  return address ? "none: " + address->name() : address.error();
}

TEST(RedisAddress, AsksForTlsByItsScheme) {
  const auto address = parseRedisUrl("rediss://app@[::1]:6380/2");
  ASSERT_TRUE(address);
  EXPECT_TRUE(address->tls);
  EXPECT_EQ(address->name(), "[::1]:6380");
  EXPECT_EQ(address->user, "app");
  EXPECT_EQ(address->database, 2U);
  EXPECT_FALSE(parseRedisUrl("redis://[::1]:6380/2")->tls);
  EXPECT_FALSE(parseRedisUrl("unix:///run/redis.sock")->tls);
}

TEST(RedisUrl, ReadsHostPortUserAndDatabase) {
  const Expected<RedisAddress, std::string> address = parseRedisUrl("redis://sess%40ion@[::1]:6380/12");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "::1");
  EXPECT_EQ(address->port, 6380);
  EXPECT_EQ(address->user, "sess@ion");
  EXPECT_EQ(address->database, 12u);
  EXPECT_EQ(address->name(), "[::1]:6380");
}

TEST(RedisUrl, HasDefaults) {
  for (const char* url : {"redis://db.example", "redis://db.example/"}) {
    const Expected<RedisAddress, std::string> address = parseRedisUrl(url);
    ASSERT_TRUE(address) << url;
    EXPECT_EQ(address->name(), "db.example:6379");
    EXPECT_EQ(address->database, 0u);
    EXPECT_EQ(address->user, "");
  }
}

TEST(RedisUrl, ReadsUnixSockets) {
  const Expected<RedisAddress, std::string> address = parseRedisUrl("unix:///run/redis/redis.sock?db=3");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->socket_path, "/run/redis/redis.sock");
  EXPECT_EQ(address->database, 3u);
  EXPECT_EQ(address->name(), "/run/redis/redis.sock");
}

TEST(RedisUrl, NeverRepeatsAPassword) {
  for (const char* url : {"redis://user:hunter2@db/0", "redis://:hunter2@db", "redis://hunter2@@db",
                          "redis://a b:hunter2@db", "REDIS://user:hunter2@db", "redis://u:hunter2@db:99999/x"}) {
    EXPECT_EQ(complaint(url).find("hunter2"), std::string::npos) << complaint(url);
    EXPECT_FALSE(complaint(url).starts_with("none")) << url;
  }
}

TEST(RedisUrl, AUsersNameIsOneWord) {
  EXPECT_EQ(parseRedisUrl("redis://us%c3%a9r@a")->user, "us\xc3\xa9r");
  for (const char* url : {"redis://a%20b@c", "redis://a%0ab@c", "redis://a%7f@c", "redis://%zz@c", "redis://a/b@c"}) {
    EXPECT_EQ(complaint(url), "has no valid user name before the @") << url;
  }
}

TEST(RedisUrl, OfANameLeadsBackToIt) {
  for (const char* name : {"redis.example:7000", "[::1]:6379"}) {
    for (const bool tls : {false, true}) {
      const auto address = parseRedisUrl(redisUrlOf(name, tls));
      ASSERT_TRUE(address) << name;
      EXPECT_EQ(address->name(), name);
      EXPECT_EQ(address->tls, tls) << name;
    }
  }
}

TEST(RedisUrl, SaysWhatIsWrong) {
  EXPECT_EQ(complaint("redis://"), "has no host; write redis://host:port/database");
  EXPECT_EQ(complaint("redis:///0"), "has no host; write redis://host:port/database");
  EXPECT_EQ(complaint("redis://a:b"), "must name its server as host:port, with a port from 1 to 65535");
  EXPECT_EQ(complaint("redis://a/-1"), "has the database -1; it must be a number from 0 to 65535");
  EXPECT_EQ(complaint("redis://a/65536"), "has the database 65536; it must be a number from 0 to 65535");
  EXPECT_EQ(complaint("redis://a?db=1"), "must name its server as host:port, with a port from 1 to 65535");
  EXPECT_EQ(complaint("redis://@a"), "has no valid user name before the @");
  EXPECT_EQ(complaint("redis:/a"), "must begin with redis://, rediss:// or unix://");
  for (const char* path : {"unix://redis.sock", "unix://", "unix:///run/\x01.sock", "unix:///run/\x7f.sock"}) {
    EXPECT_EQ(complaint(path), "must name an absolute path after unix://, as in unix:///run/redis/redis.sock") << path;
  }
  EXPECT_EQ(complaint("unix:///a?database=1"), "may have only ?db=N after the path");
  EXPECT_EQ(complaint("unix:///a?db="), "has the database ; it must be a number from 0 to 65535");
  EXPECT_EQ(complaint("unix://" + std::string(108, '/')), "has a socket path of 108 bytes; it may have 107");
  EXPECT_EQ(complaint("unix://" + std::string(107, '/')), "none: " + std::string(107, '/'));
}

}  // namespace
}  // namespace sessiond
