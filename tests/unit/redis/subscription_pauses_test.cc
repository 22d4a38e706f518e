#include "redis/subscription_pauses.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using namespace std::chrono_literals;
using Pauses = SubscriptionPauses;

std::uint32_t least(std::uint32_t) {
  return 0;
}

std::uint32_t most(std::uint32_t bound) {
  return bound - 1;
}

TEST(SubscriptionPauses, AreTwiceAsLongEachTimeThatItIsGivenUpSoon) {
  Pauses pauses(1000ms, least);
  EXPECT_EQ(pauses.afterGivingUp(3s), 5s);
  EXPECT_EQ(pauses.afterGivingUp(9999ms), 10s);
  EXPECT_EQ(pauses.afterGivingUp(0s), 20s);
  for (int i = 0; i < 20; ++i) pauses.afterGivingUp(3s);
  EXPECT_EQ(pauses.afterGivingUp(3s), Pauses::kLongestAfterGivingUp);
}

TEST(SubscriptionPauses, BeginAnewAfterOneThatStoodForLongOrAnotherServer) {
  Pauses pauses(1000ms, least);
  for (int i = 0; i < 5; ++i) pauses.afterGivingUp(3s);
  EXPECT_EQ(pauses.afterGivingUp(10s), Pauses::kFirst);
  EXPECT_EQ(pauses.afterGivingUp(3s), 5s);
  pauses.afterGivingUp(3s);
  EXPECT_EQ(pauses.afterSwitch(), Pauses::kFirst);
  EXPECT_EQ(pauses.afterGivingUp(3s), 5s);
}

TEST(SubscriptionPauses, OfALossAreShortAndForgetNothingOfWhatWasGivenUp) {
  Pauses pauses(1000ms, least);
  pauses.afterGivingUp(3s);
  EXPECT_EQ(pauses.afterLoss(true), Pauses::kFirst);
  EXPECT_EQ(pauses.afterLoss(false), 2 * Pauses::kFirst);
  for (int i = 0; i < 20; ++i) pauses.afterLoss(false);
  EXPECT_EQ(pauses.afterLoss(false), Pauses::kLongestAfterLoss);
  EXPECT_EQ(pauses.afterLoss(true), Pauses::kFirst);
  EXPECT_EQ(pauses.afterGivingUp(3s), 10s);
}

TEST(SubscriptionPauses, HaveJitterAndFollowHowMuchStalenessIsBorne) {
  Pauses pauses(100ms, most);
  EXPECT_EQ(pauses.afterGivingUp(0s), 625ms);
  Pauses patient(60s, most);
  EXPECT_EQ(patient.afterGivingUp(599s), 6250ms);
  EXPECT_EQ(patient.afterGivingUp(600s), Pauses::kFirst);
}

}  // namespace
}  // namespace sessiond
