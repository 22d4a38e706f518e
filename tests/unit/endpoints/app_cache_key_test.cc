#include "endpoints/api/app_cache_key.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

std::string keyIn(std::string_view uri) {
  const Expected<std::string, std::string_view> key = appCacheKeyIn(uri, "/cache/");
  return key ? *key : "(" + std::string(key.error()) + ")";
}

TEST(AppCacheKey, IsWhatStandsBehindThePathDecodedOnce) {
  EXPECT_EQ(keyIn("/cache/a"), "a");
  EXPECT_EQ(keyIn("/cache/weather%3Aparis"), "weather:paris");
  EXPECT_EQ(keyIn("/cache/weather:paris?ttl=60"), "weather:paris");
  EXPECT_EQ(keyIn("/cache/a%2Fb/c"), "a/b/c");
  EXPECT_EQ(keyIn("/cache/a//b/"), "a//b/");
  EXPECT_EQ(keyIn("/cache//a"), "/a");
  EXPECT_EQ(keyIn("/cache/a%2525"), "a%25");
  EXPECT_EQ(keyIn("/cache/a+b%20c"), "a+b c");
  EXPECT_EQ(keyIn("/cache/%3F"), "?");
  EXPECT_EQ(keyIn("/cache/%C3%A9t%c3%a9"), "été");
  EXPECT_EQ(keyIn("/cache/été"), "été");
  EXPECT_EQ(keyIn("/cache/..."), "...");
  EXPECT_EQ(keyIn("/cache/a/..b/.c"), "a/..b/.c");
}

TEST(AppCacheKey, HasOneTo512Bytes) {
  EXPECT_EQ(keyIn("/cache/"), "(the address names no key)");
  EXPECT_EQ(keyIn("/cache/?ttl=1"), "(the address names no key)");
  const std::string longest(kMaxAppCacheKeyBytes, 'k');
  EXPECT_EQ(keyIn("/cache/" + longest), longest);
  EXPECT_EQ(keyIn("/cache/k" + longest), "(the key is longer than 512 bytes)");
  std::string encoded;
  for (std::size_t i = 0; i < kMaxAppCacheKeyBytes; ++i) encoded += "%6b";
  EXPECT_EQ(keyIn("/cache/" + encoded), longest);
  EXPECT_EQ(keyIn("/cache/" + encoded + "k"), "(the key is longer than 512 bytes)");
}

TEST(AppCacheKey, IsRefusedWhenItIsNotSafeOrNotClear) {
  for (const char* uri : {"/cache/%", "/cache/%4", "/cache/a%zz"})
    EXPECT_EQ(keyIn(uri), "(a percent sign in the key must be followed by two hex digits)") << uri;
  for (const char* uri : {"/cache/%00", "/cache/a%0Ab", "/cache/a%7f", "/cache/\x01", "/cache/%C2%85"})
    EXPECT_EQ(keyIn(uri), "(the key has control characters)") << uri;
  for (const char* uri : {"/cache/%ff", "/cache/%C3", "/cache/%ED%A0%80"})
    EXPECT_EQ(keyIn(uri), "(the key is no UTF-8)") << uri;
  for (const char* uri : {"/cache/.", "/cache/..", "/cache/a/../b", "/cache/%2e%2E", "/cache/a%2F..%2Fb", "/cache/a/."})
    EXPECT_EQ(keyIn(uri), "(no part of the key between slashes may be . or ..)") << uri;
  for (const char* uri : {"", "/", "/cache", "/x/../cache/a", "/Cache/a", "http://x/cache/a", "?/cache/a"})
    EXPECT_EQ(keyIn(uri), "(the address does not begin with the path of this endpoint)") << uri;
}

TEST(AppCacheKey, FollowsAPathThatSomebodyHasMoved) {
  EXPECT_EQ(*appCacheKeyIn("/internal/c/k", "/internal/c/"), "k");
}

}  // namespace
}  // namespace sessiond
