#include "session/late_touches.h"

#include <gtest/gtest.h>

#include <string>

#include "support/session_ids.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr LaneStore::Group kHere = 1;
constexpr LaneStore::Group kThere = 2;

class LateTouchesTest : public testing::Test {
 protected:
  bool add(const std::string& id, LaneStore::Group group, seconds life = seconds(100), seconds ends = seconds(100)) {
    return late_.add({.id = idOf(id), .ttl = life, .until = now_ + life, .ends = now_ + ends}, group);
  }
  std::string take(std::size_t limit) {
    std::string ids;
    for (const LateTouch& one : late_.take(limit, now_)) ids += one.id.bytes() + " ";
    return ids;
  }

  LateTouches late_{4};
  SteadyTime now_;
};

TEST_F(LateTouchesTest, TheOldestOfEachGroupComeFirst) {
  for (const char* id : {"a1", "a2", "a3"}) EXPECT_TRUE(add(id, kHere));
  EXPECT_TRUE(add("b1", kThere));
  EXPECT_EQ(take(2), "a1 a2 b1 ");
  EXPECT_FALSE(late_.empty());
  EXPECT_EQ(take(2), "a3 ");
  EXPECT_TRUE(late_.empty());
}

TEST_F(LateTouchesTest, GiveTheLifeThatTheyWouldHaveGivenAndNoneWithoutAWholeSecond) {
  ASSERT_TRUE(add("stays", kHere, seconds(10)));
  ASSERT_TRUE(add("short", kHere, seconds(2)));
  ASSERT_TRUE(add("ended", kHere, seconds(10), seconds(1)));
  now_ += milliseconds(1500);
  const auto taken = late_.take(10, now_);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].id.bytes(), "stays");
  EXPECT_EQ(taken[0].ttl, seconds(8));
  EXPECT_TRUE(late_.empty());
}

/// A server that is away for long fills the room.
TEST_F(LateTouchesTest, WhoeverHasMostOfThemMakesRoomForTheOthers) {
  for (const char* id : {"a1", "a2", "a3", "a4"}) EXPECT_TRUE(add(id, kHere));
  EXPECT_FALSE(add("a5", kHere)) << "its next touch comes in its time";
  EXPECT_TRUE(add("b1", kThere));
  EXPECT_TRUE(add("b2", kThere));
  EXPECT_FALSE(add("b3", kThere)) << "half is enough";
  EXPECT_EQ(take(10), "a3 a4 b1 b2 ");
}

}  // namespace
}  // namespace sessiond
