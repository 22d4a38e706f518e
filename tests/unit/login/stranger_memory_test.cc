#include "login/stranger_memory.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kRefusedAt{1000s};

TEST(StrangerMemory, SaysToStrangersOfEveryPlaceWhatIsLeftOfTheWait) {
  StrangerMemory memory;
  memory.note("ada", {"office", "home"}, 60s, kRefusedAt);
  for (const char* const place : {"here", "there", ""}) {
    EXPECT_EQ(memory.spare("ada", place, kRefusedAt + 300ms), 59'700ms);
    EXPECT_EQ(memory.fresh("ada", place, kRefusedAt + 300ms), 59'700ms);
  }
  EXPECT_FALSE(memory.spare("bob", "here", kRefusedAt));
  EXPECT_FALSE(memory.fresh("bob", "here", kRefusedAt));
}

TEST(StrangerMemory, SaysNothingToWhoComesFromAKnownPlace) {
  StrangerMemory memory;
  memory.note("ada", {"office", "home"}, 60s, kRefusedAt);
  EXPECT_FALSE(memory.spare("ada", "home", kRefusedAt));
  EXPECT_FALSE(memory.fresh("ada", "office", kRefusedAt));
  EXPECT_TRUE(memory.spare("ada", "train", kRefusedAt));
  memory.addPlace("ada", "train", kRefusedAt);
  EXPECT_FALSE(memory.spare("ada", "train", kRefusedAt));
  memory.addPlace("bob", "train", kRefusedAt);
  EXPECT_FALSE(memory.spare("bob", "here", kRefusedAt));
}

/// Who asked the store before that says nothing of it, however late they say it.
TEST(StrangerMemory, WhatWasAskedBeforeAPlaceWasAddedDoesNotTakeItAway) {
  StrangerMemory memory;
  memory.note("ada", {"office"}, 60s, kRefusedAt);
  memory.addPlace("ada", "train", kRefusedAt + 20ms);
  memory.note("ada", {"office"}, 60s, kRefusedAt + 10ms);
  EXPECT_FALSE(memory.spare("ada", "train", kRefusedAt + 30ms));
  memory.note("ada", {"office", "train", "home"}, 60s, kRefusedAt + 40ms);
  memory.note("ada", {"office"}, 60s, kRefusedAt + 30ms);
  EXPECT_FALSE(memory.spare("ada", "home", kRefusedAt + 50ms));
}

/// A script of hers may log in as often as it likes.
TEST(StrangerMemory, IsForgottenByALoginOnceItIsPast) {
  StrangerMemory memory;
  memory.note("ada", {}, 1h, kRefusedAt);
  memory.addPlace("ada", "train", kRefusedAt + StrangerMemory::kLifetime);
  memory.note("ada", {}, 1h, kRefusedAt + 1s);
  EXPECT_TRUE(memory.spare("ada", "train", kRefusedAt + 1s)) << "nothing of it was left";
}

TEST(StrangerMemory, AWaitThatIsOverIsOver) {
  StrangerMemory memory;
  memory.note("ada", {}, 400ms, kRefusedAt);
  EXPECT_EQ(memory.spare("ada", "here", kRefusedAt + 399ms), 1ms);
  EXPECT_FALSE(memory.spare("ada", "here", kRefusedAt + 400ms));
  EXPECT_FALSE(memory.fresh("ada", "here", kRefusedAt + 400ms));
}

TEST(StrangerMemory, AfterASecondSingleOnesAskAndAfterTwoEverybody) {
  StrangerMemory memory;
  memory.note("ada", {}, 1h, kRefusedAt);
  int let_through = 0;
  for (auto passed = 0ms; passed < 2s; passed += 10ms) {
    const bool spared = memory.spare("ada", "here", kRefusedAt + passed).has_value();
    EXPECT_TRUE(spared || passed >= 1s) << passed.count();
    EXPECT_EQ(memory.fresh("ada", "here", kRefusedAt + passed).has_value(), passed < 1s);
    let_through += spared ? 0 : 1;
  }
  EXPECT_EQ(let_through, 10);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(memory.spare("ada", "here", kRefusedAt + 2s));
}

TEST(StrangerMemory, WhatTheStoreSaysAnewTakesThePlaceOfTheOld) {
  StrangerMemory memory;
  memory.note("ada", {"office"}, 1h, kRefusedAt);
  memory.note("ada", {"home"}, 30s, kRefusedAt + 1s);
  EXPECT_EQ(memory.spare("ada", "office", kRefusedAt + 2s - 1ms), 29'001ms);
  EXPECT_FALSE(memory.spare("ada", "home", kRefusedAt + 1s));
  EXPECT_TRUE(memory.fresh("ada", "office", kRefusedAt + 2s - 1ms));
}

TEST(StrangerMemory, RemembersABoundedNumberOfUsers) {
  StrangerMemory memory;
  for (std::size_t i = 0; i < StrangerMemory::kMost; ++i) memory.note(std::to_string(i), {}, 1h, kRefusedAt);
  memory.note("0", {}, 1h, kRefusedAt);
  EXPECT_TRUE(memory.spare("1", "here", kRefusedAt));
  memory.note("one more", {}, 1h, kRefusedAt);
  EXPECT_FALSE(memory.spare("1", "here", kRefusedAt)) << "it began anew";
  EXPECT_TRUE(memory.spare("one more", "here", kRefusedAt));
}

}  // namespace
}  // namespace sessiond
