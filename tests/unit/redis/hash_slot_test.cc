#include "redis/hash_slot.h"

#include <gtest/gtest.h>

#include <string>

namespace sessiond {
namespace {

// As CLUSTER KEYSLOT says; the integration tests ask it of many more.
TEST(HashSlot, IsTheServers) {
  EXPECT_EQ(hashSlot(""), 0);
  EXPECT_EQ(hashSlot("123456789"), 12739);
  EXPECT_EQ(hashSlot("foo"), 12182);
  EXPECT_EQ(hashSlot("sess:abc"), hashSlot("sessiond:revoked:{sess:abc}"));
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

TEST(HashSlot, HasATagForEverySlot) {
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    const std::string tag = hashTagFor(static_cast<Slot>(slot));
    ASSERT_EQ(hashSlot("alive:{" + tag + "}:more"), slot);
  }
}

}  // namespace
}  // namespace sessiond
