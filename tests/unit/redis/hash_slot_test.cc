#include "redis/hash_slot.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace sessiond {
namespace {

// As CLUSTER KEYSLOT says; the integration tests ask it of many more.
TEST(HashSlot, IsTheServers) {
  EXPECT_EQ(hashSlot(""), 0);
  EXPECT_EQ(hashSlot("123456789"), 12739);
  EXPECT_EQ(hashSlot("foo"), 12182);
  EXPECT_EQ(hashSlot("sess:abc"), hashSlot("sessiond:revoked:{sess:abc}"));
}

/// CRC16 (XMODEM), bit by bit.
Slot slotBitByBit(std::string_view key) {
  std::uint32_t crc = 0;
  for (const char one : key) {
    crc ^= static_cast<std::uint32_t>(static_cast<std::uint8_t>(one)) << 8U;
    for (int bit = 0; bit < 8; ++bit) crc = ((crc & 0x8000U) != 0 ? (crc << 1U) ^ 0x1021U : crc << 1U) & 0xffffU;
  }
  return static_cast<Slot>(crc % kSlots);
}

TEST(HashSlot, IsTheServersForEveryLengthAndByte) {
  std::string key;
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(hashSlot(key), slotBitByBit(key)) << i;
    const char next = static_cast<char>(i * 7);
    key.push_back(next == '{' ? '(' : next);
  }
}

TEST(HashSlot, IsThatOfTheFirstTag) {
  EXPECT_EQ(hashSlot("a{foo}b"), hashSlot("foo"));
  EXPECT_EQ(hashSlot("a{foo}{bar}"), hashSlot("foo"));
  EXPECT_EQ(hashSlot("{{foo}}"), hashSlot("{foo"));
}

TEST(HashSlot, IsThatOfTheWholeKeyWhereThereIsNoTag) {
  for (const std::string key : {"a{}foo}", "a{foo", "a}foo{", "foo}{", "{}"}) {
    EXPECT_NE(hashSlot(key), hashSlot(key + "x")) << key;
  }
  EXPECT_NE(hashSlot("{}foo"), hashSlot("foo"));
}

TEST(HashSlot, BehindATextIsThatOfBoth) {
  const std::string_view pieces[] = {"", "sess:", "abc", "a{b", "c}d", "{app}:", "{}", "x}y{z}"};
  for (const std::string_view first : pieces) {
    for (const std::string_view second : pieces) {
      EXPECT_EQ(SlotsBehind(first).slotOf(second), hashSlot(std::string(first).append(second)))
          << first << " " << second;
    }
  }
}

TEST(HashSlot, IsThatOfThePartThatDecides) {
  EXPECT_EQ(hashedPart("sessiond:revoked:{sess:abc}"), "sess:abc");
  for (const std::string_view key : {"foo", "a{foo}b", "a{foo}{bar}", "{{foo}}", "a{}foo}", "a{foo", "a{}{foo}", ""}) {
    EXPECT_EQ(hashSlot(hashedPart(key)), hashSlot(key)) << key;
  }
}

TEST(HashSlot, HasATagForEverySlot) {
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    const std::string tag = hashTagFor(static_cast<Slot>(slot));
    ASSERT_EQ(hashSlot("alive:{" + tag + "}:more"), slot);
  }
}

}  // namespace
}  // namespace sessiond
