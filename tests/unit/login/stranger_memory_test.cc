#include "login/stranger_memory.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kNow{1000s};

TEST(StrangerMemory, SaysToStrangersOfEveryPlaceWhatIsLeftOfTheWait) {
  StrangerMemory memory;
  memory.note("ada", {"office", "home"}, 60s, kNow);
  for (const char* const place : {"here", "there", ""}) {
    EXPECT_EQ(memory.spare("ada", place, kNow + 300ms), 59'700ms);
    EXPECT_EQ(memory.fresh("ada", place, kNow + 300ms), 59'700ms);
  }
  EXPECT_FALSE(memory.spare("bob", "here", kNow));
  EXPECT_FALSE(memory.fresh("bob", "here", kNow));
}

TEST(StrangerMemory, SaysNothingToWhoComesFromAKnownPlace) {
  StrangerMemory memory;
  memory.note("ada", {"office", "home"}, 60s, kNow);
  EXPECT_FALSE(memory.spare("ada", "home", kNow));
  EXPECT_FALSE(memory.fresh("ada", "office", kNow));
  EXPECT_TRUE(memory.spare("ada", "train", kNow));
  memory.addPlace("ada", "train", kNow);
  EXPECT_FALSE(memory.spare("ada", "train", kNow));
  memory.addPlace("bob", "train", kNow);
  EXPECT_FALSE(memory.spare("bob", "here", kNow));
}

/// Who asked the store before that says nothing of it, however late they say it.
TEST(StrangerMemory, WhatWasAskedBeforeAPlaceWasAddedDoesNotTakeItAway) {
  StrangerMemory memory;
  memory.note("ada", {"office"}, 60s, kNow);
  memory.addPlace("ada", "train", kNow + 20ms);
  memory.note("ada", {"office"}, 60s, kNow + 10ms);
  EXPECT_FALSE(memory.spare("ada", "train", kNow + 30ms));
  memory.note("ada", {"office", "train", "home"}, 60s, kNow + 40ms);
  memory.note("ada", {"office"}, 60s, kNow + 30ms);
  EXPECT_FALSE(memory.spare("ada", "home", kNow + 50ms));
}

/// A script of hers may log in as often as it likes.
TEST(StrangerMemory, IsForgottenByALoginOnceItIsPast) {
  StrangerMemory memory;
  memory.note("ada", {}, 1h, kNow);
  memory.addPlace("ada", "train", kNow + StrangerMemory::kLifetime);
  memory.note("ada", {}, 1h, kNow + 1s);
  EXPECT_TRUE(memory.spare("ada", "train", kNow + 1s)) << "nothing of it was left";
}

TEST(StrangerMemory, AWaitThatIsOverIsOver) {
  StrangerMemory memory;
  memory.note("ada", {}, 400ms, kNow);
  EXPECT_EQ(memory.spare("ada", "here", kNow + 399ms), 1ms);
  EXPECT_FALSE(memory.spare("ada", "here", kNow + 400ms));
  EXPECT_FALSE(memory.fresh("ada", "here", kNow + 400ms));
}

TEST(StrangerMemory, AfterASecondSingleOnesAskAndAfterTwoEverybody) {
  StrangerMemory memory;
  memory.note("ada", {}, 1h, kNow);
  int let_through = 0;
  for (auto passed = 0ms; passed < 2s; passed += 10ms) {
    const bool spared = memory.spare("ada", "here", kNow + passed).has_value();
    EXPECT_TRUE(spared || passed >= 1s) << passed.count();
    EXPECT_EQ(memory.fresh("ada", "here", kNow + passed).has_value(), passed < 1s);
    let_through += spared ? 0 : 1;
  }
  EXPECT_EQ(let_through, 10);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(memory.spare("ada", "here", kNow + 2s));
}

TEST(StrangerMemory, WhatTheStoreSaysAnewTakesThePlaceOfTheOld) {
  StrangerMemory memory;
  memory.note("ada", {"office"}, 1h, kNow);
  memory.note("ada", {"home"}, 30s, kNow + 1s);
  EXPECT_EQ(memory.spare("ada", "office", kNow + 2s - 1ms), 29'001ms);
  EXPECT_FALSE(memory.spare("ada", "home", kNow + 1s));
  EXPECT_TRUE(memory.fresh("ada", "office", kNow + 2s - 1ms));
}

TEST(StrangerMemory, RemembersABoundedNumberOfUsers) {
  StrangerMemory memory;
  for (std::size_t i = 0; i < StrangerMemory::kMost; ++i) memory.note(std::to_string(i), {}, 1h, kNow);
  memory.note("0", {}, 1h, kNow);
  EXPECT_TRUE(memory.spare("1", "here", kNow));
  memory.note("one more", {}, 1h, kNow);
  EXPECT_FALSE(memory.spare("1", "here", kNow)) << "it began anew";
  EXPECT_TRUE(memory.spare("one more", "here", kNow));
}

}  // namespace
}  // namespace sessiond
