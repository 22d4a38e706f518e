#include "redis/redis_keys.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace sessiond {
namespace {

/// What Redis Cluster hashes of a key (cluster specification, "Hash tags").
std::string hashed(const std::string& key) {
  const std::size_t open = key.find('{');
  if (open == std::string::npos) return key;
  const std::size_t close = key.find('}', open);
  if (close == std::string::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

const std::vector<std::string> kPrefixes = {"", "sess:", "{app}:", "a{b}c", "{", "{}", "}", "x{", "tagged:", "{sess:"};
const std::vector<std::string> kIds = {"a",
                                       "{a}",
                                       "{{a}}",
                                       "a}",
                                       "}",
                                       "{",
                                       "{}",
                                       "{}a",
                                       "tagged:{a}",
                                       "{a}}",
                                       "a}{a",
                                       "pE3dI7x0m2o9tQh4Jv1cYw5uRb8sKz6A",
                                       std::string("\0\n}", 3)};

TEST(RedisKeys, NamesEveryKindOfKey) {
  const RedisKeys keys("sess:", "site:");
  EXPECT_EQ(keys.session("abc"), "sess:abc");
  EXPECT_EQ(keys.tombstone("abc"), "site:revoked:{sess:abc}");
  EXPECT_EQ(keys.index("42"), "site:sessions:{42}");
  EXPECT_EQ(keys.user("ada"), "site:user:ada");
  EXPECT_EQ(keys.epoch(), "site:epoch");
  EXPECT_EQ(keys.canaries("s"), "site:alive:{s}:");
  EXPECT_EQ(RedisKeys("{app}:", "site:").tombstone("abc"), "site:revoked:tagged:{app}:abc");
}

TEST(RedisKeys, ATombstoneIsInTheSlotOfItsSession) {
  for (const std::string& prefix : kPrefixes) {
    const RedisKeys keys(prefix, "site:");
    for (const std::string& id : kIds) {
      const std::string session = keys.session(id);
      // A brace that closes what none opened: no tombstone can be there, and a cluster is not asked for such ids.
      if (hashed(session) == session && session.find('}') != std::string::npos) continue;
      EXPECT_EQ(hashed(keys.tombstone(id)), hashed(session)) << session;
    }
  }
}

TEST(RedisKeys, NoTwoSessionsHaveOneTombstone) {
  std::set<std::string> sessions;
  std::set<std::string> tombstones;
  for (const std::string& prefix : kPrefixes) {
    const RedisKeys keys(prefix, "site:");
    for (const std::string& id : kIds) {
      sessions.insert(keys.session(id));
      tombstones.insert(keys.tombstone(id));
    }
  }
  EXPECT_EQ(tombstones.size(), sessions.size());
}

TEST(RedisKeys, KnowsItsTombstonesAndNobodyElses) {
  for (const std::string& prefix : kPrefixes) {
    const RedisKeys keys(prefix, "site:");
    for (const std::string& id : kIds) {
      EXPECT_EQ(keys.idOfTombstone(keys.tombstone(id)), id) << prefix;
      EXPECT_EQ(keys.idOfTombstone(RedisKeys(prefix, "other:").tombstone(id)), std::nullopt) << prefix << id;
    }
    EXPECT_EQ(keys.idOfTombstone("site:revoked:"), std::nullopt) << prefix;
    EXPECT_EQ(keys.idOfTombstone("site:revoked:" + prefix + "a"), std::nullopt) << prefix;
  }
  EXPECT_EQ(RedisKeys("sess:", "site:").idOfTombstone("site:revoked:tagged:sess:a"), std::nullopt);
  EXPECT_EQ(RedisKeys("sess:", "site:").idOfTombstone("site:revoked:{other:a}"), std::nullopt);
}

}  // namespace
}  // namespace sessiond
