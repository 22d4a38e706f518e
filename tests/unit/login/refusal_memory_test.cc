#include "login/refusal_memory.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kNow{1000s};

TEST(RefusalMemory, SaysWhatIsLeftOfTheWait) {
  RefusalMemory memory;
  memory.note("visit", {.kind = LimitKind::kKnownPlace, .wait = 60s}, kNow);
  EXPECT_FALSE(memory.find("other", kNow));
  const auto found = memory.find("visit", kNow + 300ms);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->unavailable);
  EXPECT_EQ(found->kind, LimitKind::kKnownPlace);
  EXPECT_EQ(found->wait, 59'700ms);
}

TEST(RefusalMemory, AWaitThatIsOverIsOver) {
  RefusalMemory memory;
  for (int i = 0; i < 20; ++i) {
    memory.note("visit", {.wait = 400ms}, kNow);
    EXPECT_TRUE(memory.find("visit", kNow + 399ms));
    EXPECT_FALSE(memory.find("visit", kNow + 400ms));
  }
}

TEST(RefusalMemory, KeepsALongOneForOneToTwoSeconds) {
  RefusalMemory memory;
  for (int i = 0; i < 20; ++i) {
    memory.note("visit", {.wait = 1h}, kNow);
    EXPECT_TRUE(memory.find("visit", kNow + RefusalMemory::kShortestLifetime - 1ms));
    EXPECT_FALSE(memory.find("visit", kNow + RefusalMemory::kLifetime));
  }
}

TEST(RefusalMemory, ForgetsWhomItIsTold) {
  RefusalMemory memory;
  memory.note("visit", {.wait = 60s}, kNow);
  memory.forget("visit");
  EXPECT_FALSE(memory.find("visit", kNow));
}

}  // namespace
}  // namespace sessiond
