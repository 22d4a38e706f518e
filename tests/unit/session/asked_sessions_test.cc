#include "session/asked_sessions.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

namespace sessiond {
namespace {

class AskedSessionsTest : public testing::Test {
 protected:
  /// Of this id, whose hash is said to be that.
  void add(std::uint64_t hash, const std::string& id) {
    AskedSession one;
    one.hash = hash;
    one.id = SessionId::fromBytes(id);
    asked_.add(std::move(one));
  }
  bool has(std::uint64_t hash, const std::string& id) {
    const AskedSession* const found = asked_.find(hash, id);
    return found != nullptr && found->hash == hash && found->idBytes() == id;
  }
  /// Hashes whose every part differs.
  static std::uint64_t hashOf(std::uint64_t number) { return number * 0x9e3779b97f4a7c15; }

  AskedSessions asked_;
};

TEST_F(AskedSessionsTest, WhoIsHereIsFoundAndNobodyElse) {
  for (std::uint64_t i = 1; i <= 100; ++i) {
    EXPECT_FALSE(has(hashOf(i), std::to_string(i)));
    add(hashOf(i), std::to_string(i));
  }
  for (std::uint64_t i = 1; i <= 100; ++i) EXPECT_TRUE(has(hashOf(i), std::to_string(i))) << i;
  for (std::uint64_t i = 101; i <= 1000; ++i) EXPECT_EQ(asked_.find(hashOf(i), std::to_string(i)), nullptr) << i;
}

TEST_F(AskedSessionsTest, AnotherIdOfTheSameHashIsAnotherOne) {
  add(7, "one");
  EXPECT_EQ(asked_.find(7, "two"), nullptr);
  add(7, "two");
  EXPECT_TRUE(has(7, "one"));
  EXPECT_TRUE(has(7, "two"));
}

TEST_F(AskedSessionsTest, OfTwoTheLastOneIsFound) {
  add(7, "one");
  add(8, "two");
  add(7, "one");
  EXPECT_EQ(asked_.find(7, "one"), &asked_[2]);
}

TEST_F(AskedSessionsTest, WhoIsLeftIsFoundWhenOthersHaveGone) {
  for (std::uint64_t i = 1; i <= 9; ++i) add(hashOf(i), std::to_string(i));
  asked_.removeIf([](const AskedSession& one) { return one.idBytes() > "5"; });
  EXPECT_EQ(asked_.size(), 5U);
  for (std::uint64_t i = 1; i <= 9; ++i) EXPECT_EQ(has(hashOf(i), std::to_string(i)), i <= 5) << i;
}

TEST_F(AskedSessionsTest, NobodyIsFoundWhenAllHaveGone) {
  add(7, "one");
  asked_.clear();
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(asked_.find(7, "one"), nullptr);
}

TEST_F(AskedSessionsTest, OnlySoManyAreLookedThrough) {
  add(7, "one");
  for (std::uint64_t i = 1; i < AskedSessions::kLookBack; ++i) add(hashOf(i), "other");
  EXPECT_TRUE(has(7, "one"));
  add(hashOf(0), "other");
  EXPECT_EQ(asked_.find(7, "one"), nullptr);
}

}  // namespace
}  // namespace sessiond
