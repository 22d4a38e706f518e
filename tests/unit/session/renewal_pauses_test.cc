#include "session/renewal_pauses.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using namespace std::chrono_literals;

const SteadyTime kStart = SteadyTime() + 1h;

TEST(RenewalPauses, ThereIsNoneBeforeTheFirstTime) {
  EXPECT_LE(RenewalPauses(16s).over(), kStart);
}

TEST(RenewalPauses, AreTwiceAsLongEachTimeAndBounded) {
  RenewalPauses pauses(16s);
  SteadyTime now = kStart;
  for (const auto expected : {3s, 6s, 12s, 16s, 16s}) {
    pauses.begin(now, now + 3s, 3s);
    EXPECT_EQ(pauses.over(), now + 3s + expected);
    now = pauses.over();
  }
}

TEST(RenewalPauses, AreNoShorterThanTheFirstOneWouldBe) {
  RenewalPauses pauses(16s);
  pauses.begin(kStart, kStart, 1s);
  pauses.begin(kStart + 1s, kStart + 1s, 5s);
  EXPECT_EQ(pauses.over(), kStart + 6s);
}

TEST(RenewalPauses, BeginAnewOnceNothingWasWantedForAsLong) {
  RenewalPauses pauses(16s);
  pauses.begin(kStart, kStart, 1s);
  pauses.begin(kStart + 1s, kStart + 1s, 1s);
  EXPECT_EQ(pauses.over(), kStart + 3s);
  pauses.begin(kStart + 5s, kStart + 5s, 1s);
  EXPECT_EQ(pauses.over(), kStart + 6s);
}

TEST(RenewalPauses, WhatTakesNoTimeNeedsNone) {
  RenewalPauses pauses(16s);
  for (int i = 0; i < 5; ++i) {
    pauses.begin(kStart, kStart, 0ms);
    EXPECT_EQ(pauses.over(), kStart);
  }
}

}  // namespace
}  // namespace sessiond
