#include "base/keyed_hash.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

namespace sessiond {
namespace {

using namespace std::string_view_literals;

constexpr HashKey kKey{.first = 0x243f6a8885a308d3, .second = 0xa4093822299f31d1};  // digits of pi

TEST(KeyedHash, DependsOnEveryByteAndOnTheLength) {
  std::set<std::uint64_t> seen;
  std::size_t count = 0;
  for (std::size_t length = 0; length <= 40; ++length) {
    std::string bytes(length, 'x');
    seen.insert(keyedHash(bytes, kKey));
    ++count;
    for (char& byte : bytes) {
      byte = 'y';
      seen.insert(keyedHash(bytes, kKey));
      byte = 'x';
      ++count;
    }
  }
  EXPECT_EQ(seen.size(), count);
}

TEST(KeyedHash, TellsZeroBytesAtTheEndApart) {
  EXPECT_NE(keyedHash("a"sv, kKey), keyedHash("a\0"sv, kKey));
  EXPECT_NE(keyedHash(""sv, kKey), keyedHash("\0"sv, kKey));
  EXPECT_NE(keyedHash("12345678"sv, kKey), keyedHash("12345678\0"sv, kKey));
}

TEST(KeyedHash, DependsOnBothHalvesOfTheKey) {
  EXPECT_NE(keyedHash("sid", kKey), keyedHash("sid", {.first = kKey.first + 1, .second = kKey.second}));
  EXPECT_NE(keyedHash("sid", kKey), keyedHash("sid", {.first = kKey.first, .second = kKey.second + 1}));
}

TEST(KeyedHash, ReadsNoByteBeyondTheEnd) {
  for (std::size_t length = 0; length <= 16; ++length) {
    const std::string first = std::string(length, 'x') + "tail";
    const std::string second = std::string(length, 'x') + "head";
    EXPECT_EQ(keyedHash(std::string_view(first).substr(0, length), kKey),
              keyedHash(std::string_view(second).substr(0, length), kKey));
  }
}

TEST(KeyedHash, SpreadsCountingNumbersOverTheLowBits) {
  std::array<int, 64> buckets{};
  for (int i = 0; i < 6400; ++i) ++buckets[keyedHash("session:" + std::to_string(i), kKey) % 64];
  for (const int count : buckets) {
    EXPECT_GT(count, 50);
    EXPECT_LT(count, 160);
  }
}

TEST(ProcessHashKey, IsMadeOnce) {
  const HashKey& key = processHashKey();
  EXPECT_EQ(&processHashKey(), &key);
  EXPECT_NE(key.first, key.second);
}

}  // namespace
}  // namespace sessiond
