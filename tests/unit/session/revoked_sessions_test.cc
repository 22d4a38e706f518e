#include "session/revoked_sessions.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "support/fake_clock.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class RevokedSessionsTest : public testing::Test {
 protected:
  std::uint64_t forgotten() { return metrics_.counter("sessiond_revocations_forgotten_total", "").read(); }

  std::map<std::string, seconds> standing() const {
    std::map<std::string, seconds> left;
    std::uint64_t cursor = RevokedSessions::kNewest;
    while (const auto page = revoked_.standing(cursor, 2)) {
      for (const SessionRevocation& one : *page) left[one.id.bytes()] = one.tombstone_ttl;
    }
    return left;
  }

  FakeClock clock_;
  MetricsRegistry metrics_;
  RevokedSessions revoked_{clock_, metrics_, 3};
};

TEST_F(RevokedSessionsTest, RemembersForAnHour) {
  EXPECT_FALSE(revoked_.contains("a"));
  revoked_.note(idOf("a"), hours(24));
  clock_.advance(minutes(59));
  EXPECT_TRUE(revoked_.contains("a"));
  EXPECT_FALSE(revoked_.contains("b"));
  clock_.advance(minutes(1));
  EXPECT_FALSE(revoked_.contains("a"));
  EXPECT_TRUE(standing().empty());
  EXPECT_EQ(forgotten(), 0U);
}

TEST_F(RevokedSessionsTest, TellsOfEachOnceWhatIsToBeForgotten) {
  std::uint64_t cursor = 0;
  const auto soon_forgotten = [&](std::size_t page) {
    std::vector<std::string> ids;
    for (const SessionId& id : revoked_.aboutToBeForgotten(cursor, page)) ids.push_back(id.bytes());
    return ids;
  };
  using Ids = std::vector<std::string>;
  for (const char* id : {"again", "a", "b"}) revoked_.note(idOf(id), hours(24));
  clock_.advance(minutes(54));
  revoked_.note(idOf("again"), hours(24));
  EXPECT_EQ(soon_forgotten(9), Ids());
  clock_.advance(minutes(1));
  EXPECT_EQ(soon_forgotten(1), Ids({"a"}));
  EXPECT_EQ(soon_forgotten(9), Ids({"b"}));
  EXPECT_EQ(soon_forgotten(9), Ids());
  clock_.advance(minutes(54));
  EXPECT_EQ(soon_forgotten(9), Ids({"again"}));
  clock_.advance(minutes(6));
  cursor = 0;
  EXPECT_EQ(soon_forgotten(9), Ids());
}

TEST_F(RevokedSessionsTest, TheHourBeginsAnewWithEveryRevocation) {
  revoked_.note(idOf("a"), hours(24));
  clock_.advance(minutes(50));
  revoked_.note(idOf("a"), hours(24));
  clock_.advance(minutes(50));
  revoked_.note(idOf("b"), hours(24));
  EXPECT_TRUE(revoked_.contains("a"));
}

TEST_F(RevokedSessionsTest, TheOldestMakeRoomAndThatIsCounted) {
  for (const std::string id : {"a", "b", "c"}) {
    revoked_.note(idOf(id), hours(24));
    clock_.advance(seconds(30));
  }
  revoked_.note(idOf("a"), hours(24));
  EXPECT_EQ(forgotten(), 0U);
  revoked_.note(idOf("d"), hours(24));
  EXPECT_TRUE(revoked_.contains("a"));
  EXPECT_FALSE(revoked_.contains("b"));
  EXPECT_TRUE(revoked_.contains("c"));
  EXPECT_TRUE(revoked_.contains("d"));
  EXPECT_EQ(forgotten(), 1U);
}

/// As one cookie does that is sent to the logout again and again.
TEST_F(RevokedSessionsTest, OneThatIsRevokedAllTheTimeTakesTheRoomOfOne) {
  revoked_.note(idOf("first"), hours(24));
  for (int i = 0; i < 1000; ++i) revoked_.note(idOf("again"), hours(24));
  std::uint64_t cursor = RevokedSessions::kNewest;
  std::size_t pages = 0;
  while (revoked_.standing(cursor, 1)) ++pages;
  EXPECT_EQ(pages, 2U);
}

TEST_F(RevokedSessionsTest, SaysWhatIsLeftOfEachTombstone) {
  revoked_.note(idOf("a"), seconds(100));
  revoked_.note(idOf("long"), seconds::max());
  clock_.advance(seconds(40));
  revoked_.note(idOf("a"), seconds(10));
  revoked_.note(idOf("short"), seconds(1));
  clock_.advance(milliseconds(1500));
  EXPECT_EQ(revoked_.tombstoneOf("a"), seconds(58)) << "never less than what once was promised";
  EXPECT_EQ(revoked_.tombstoneOf("short"), seconds(0)) << "remembered all the same";
  EXPECT_EQ(revoked_.tombstoneOf("other"), std::nullopt);
  std::map<std::string, seconds> left = standing();
  ASSERT_EQ(left.size(), 2U) << "a tombstone that would have ended is not written";
  EXPECT_EQ(left["a"], seconds(58));
  EXPECT_GT(left["long"], hours(24 * 365 * 99));
}

/// Who was logged out a moment ago is who may come back first.
TEST_F(RevokedSessionsTest, OfAPageTheLatestComeFirst) {
  for (const std::string id : {"a", "b", "c"}) revoked_.note(idOf(id), hours(24));
  std::uint64_t cursor = RevokedSessions::kNewest;
  std::string order;
  while (const auto page = revoked_.standing(cursor, 2)) {
    for (const SessionRevocation& one : *page) order += one.id.bytes();
  }
  EXPECT_EQ(order, "cba");
}

TEST_F(RevokedSessionsTest, NoneIsMissedWhereOthersComeAndGoBetweenTwoPages) {
  for (const std::string id : {"a", "b", "c"}) revoked_.note(idOf(id), hours(24));
  std::uint64_t cursor = RevokedSessions::kNewest;
  ASSERT_EQ(revoked_.standing(cursor, 1)->at(0).id.bytes(), "c") << "the latest first";
  revoked_.note(idOf("d"), hours(24));  // a is forgotten
  std::string rest;
  while (const auto page = revoked_.standing(cursor, 1)) rest += page->at(0).id.bytes();
  EXPECT_EQ(rest, "b") << "d was written to the server as it is now";
}

}  // namespace
}  // namespace sessiond
