#include "login/login_gate.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "unit/login/login_gate_fixture.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

TEST_F(LoginGateTest, AStrangerHasFiveTriesAndThenWaitsLongerAndLonger) {
  EXPECT_EQ(failuresOf(stranger_, 9), 5);
  EXPECT_EQ(fail(stranger_), "stranger 30s");
  clock_.advance(30s);
  EXPECT_EQ(fail(stranger_), "failed");
  EXPECT_EQ(fail(stranger_), "stranger 60s");
  for (int i = 0; i < 12; ++i) {
    clock_.advance(1h);
    EXPECT_EQ(fail(stranger_), "failed");
  }
  EXPECT_EQ(fail(stranger_), "stranger 3600s");
}

TEST_F(LoginGateTest, StrangersOfEveryPlaceShareAUsersBudget) {
  int let_in = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string place = "10.0." + std::to_string(i) + ".0/24";
    let_in += fail({.user = "ada", .place = place, .device = ""}) == "failed" ? 1 : 0;
  }
  EXPECT_EQ(let_in, 5);
}

TEST_F(LoginGateTest, AHundredStrangersTriesInADayEndThemUntilTheDayIsOver) {
  LoginGateSettings settings;
  settings.stranger_first_wait = 1ms;
  settings.stranger_longest_wait = 1ms;
  LoginGate gate(settings, secret_, store_, store_, clock_);
  int let_in = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string place = "10.0." + std::to_string(i) + ".0/24";
    let_in += gate.enter({.user = "ada", .place = place, .device = ""}) ? 1 : 0;
    clock_.advance(1s);
  }
  EXPECT_EQ(let_in, 100);
  clock_.advance(24h);
  EXPECT_TRUE(gate.enter(stranger_));
}

TEST_F(LoginGateTest, TenThousandStrangersLockTheOwnerOutOfNeitherDeviceNorOffice) {
  ASSERT_TRUE(succeed(office_));
  for (int i = 0; i < 10'000; ++i) {
    const std::string place = "10." + std::to_string(i % 1000 / 250) + "." + std::to_string(i % 250) + ".0/24";
    fail({.user = "ada", .place = place, .device = ""});
    if (i % 100 == 0) clock_.advance(10s);
  }
  EXPECT_NE(fail(stranger_), "failed");
  EXPECT_TRUE(succeed(device_));
  EXPECT_TRUE(succeed(office_));
}

TEST_F(LoginGateTest, TwoHundredTriesAtOnceComputeAsManyHashesAsThereWereTriesLeft) {
  std::vector<LoginGate::Pass> under_way;
  for (int i = 0; i < 200; ++i) {
    if (auto pass = gate_.enter(stranger_)) under_way.push_back(*pass);
  }
  EXPECT_EQ(under_way.size(), 5U);
}

TEST_F(LoginGateTest, ADeviceHasItsOwnBudgetWhateverItsPlaceDid) {
  EXPECT_EQ(failuresOf(device_, 20), 10);
  EXPECT_EQ(fail(device_), "device 900s");
  EXPECT_EQ(fail({.user = "ada", .place = device_.place, .device = "tablet"}), "failed");
  EXPECT_EQ(failuresOf(stranger_, 20), 5) << "the device's tries were none of the strangers'";
  clock_.advance(15min);
  EXPECT_EQ(fail(device_), "failed");
}

TEST_F(LoginGateTest, AKnownPlaceHasItsOwnBudgetForThirtyDays) {
  EXPECT_EQ(failuresOf(office_, 20), 5) << "a stranger's, before the first login";
  clock_.advance(30s);
  ASSERT_TRUE(succeed(office_));
  EXPECT_EQ(failuresOf(office_, 20), 10);
  EXPECT_EQ(fail(office_), "known_place 900s");
  EXPECT_EQ(fail({.user = "eve", .place = office_.place, .device = ""}), "failed") << "known to ada only";
  clock_.advance(24h * 30);
  EXPECT_EQ(failuresOf(office_, 20), 5);
}

TEST_F(LoginGateTest, APlaceHasFiftyTriesWhoeverItTriesAndNoSuccessResetsThem) {
  int let_in = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string user = "user" + std::to_string(i);
    let_in += fail({.user = user, .place = stranger_.place, .device = ""}) == "failed" ? 1 : 0;
    if (i % 20 == 10) succeed({.user = "mallory", .place = stranger_.place, .device = ""});
  }
  EXPECT_EQ(let_in, 50);
  EXPECT_EQ(fail(stranger_), "place 600s");
  EXPECT_EQ(fail(office_), "failed") << "another place";
  for (int round = 0; round < 10; ++round) {
    clock_.advance(10min);
    for (int i = 0; i < 60; ++i) {
      const std::string user = "more" + std::to_string(round * 100 + i);
      let_in += fail({.user = user, .place = stranger_.place, .device = ""}) == "failed" ? 1 : 0;
    }
  }
  EXPECT_EQ(let_in, 300) << "a day's";
}

TEST_F(LoginGateTest, ATryThatIsRefusedIsNoFailureOfItsPlace) {
  for (int i = 0; i < 500; ++i) {
    fail(stranger_);
    clock_.advance(RefusalMemory::kLifetime);  // or no counter is asked
  }
  EXPECT_EQ(fail({.user = "eve", .place = stranger_.place, .device = ""}), "failed");
}

TEST_F(LoginGateTest, ADeviceOfOneNameIsNoneOfAnother) {
  EXPECT_EQ(failuresOf({.user = "a:b", .place = stranger_.place, .device = "c"}, 20), 10);
  EXPECT_EQ(failuresOf({.user = "a", .place = stranger_.place, .device = "b:c"}, 20), 10);
}

TEST_F(LoginGateTest, ASuccessGivesItsTryBackAndResetsItsOwnBudgetsButNotTheStrangers) {
  EXPECT_EQ(failuresOf(stranger_, 4), 4);
  ASSERT_TRUE(succeed({.user = "ada", .place = "198.51.101.0/24", .device = ""}));
  EXPECT_EQ(failuresOf(stranger_, 9), 1) << "four of five stay used up";
  EXPECT_EQ(failuresOf(device_, 9), 9);
  ASSERT_TRUE(succeed(device_));
  EXPECT_EQ(failuresOf(device_, 20), 10);
}

TEST_F(LoginGateTest, WhatNobodyDecidedIsGivenBackAndWhatBrokeOffIsNot) {
  for (int i = 0; i < 20; ++i) {
    const auto pass = gate_.enter(stranger_);
    ASSERT_TRUE(pass);
    gate_.undecided(*pass);
  }
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(gate_.enter(stranger_));
  EXPECT_FALSE(gate_.enter(stranger_));
}

TEST_F(LoginGateTest, TellsWithoutTheStoreWhoCameFromAKnownPlaceSinceItBegan) {
  EXPECT_FALSE(gate_.knownLately(office_));
  fail(office_);
  EXPECT_FALSE(gate_.knownLately(office_)) << "a stranger so far";
  ASSERT_TRUE(succeed(office_));
  EXPECT_TRUE(gate_.knownLately(office_));
  EXPECT_FALSE(gate_.knownLately(stranger_));
  EXPECT_FALSE(gate_.knownLately({.user = "eve", .place = office_.place, .device = ""}));
  fail(device_);
  EXPECT_FALSE(gate_.knownLately({.user = "ada", .place = device_.place, .device = ""}))
      << "the device is known, not that";
  LoginGate restarted(LoginGateSettings{}, secret_, store_, store_, clock_);
  EXPECT_FALSE(restarted.knownLately(office_));
  ASSERT_TRUE(restarted.enter(office_));
  EXPECT_TRUE(restarted.knownLately(office_)) << "also where the password is wrong then";
}

TEST_F(LoginGateTest, ARightPasswordIsRefusedLikeAWrongOne) {
  failuresOf(stranger_, 5);
  EXPECT_EQ(succeed(stranger_), std::nullopt);
}

TEST_F(LoginGateTest, SaysAfterASuccessHowManyWrongPasswordsThereWereAndWhen) {
  failuresOf(stranger_, 4);
  const WallTime last = clock_.wallNow();
  clock_.advance(1min);
  auto note = succeed(device_);
  ASSERT_TRUE(note);
  EXPECT_EQ(note->failures, 4U);
  EXPECT_EQ(note->last, last);
  EXPECT_EQ(succeed(device_)->failures, 0U);
}

TEST_F(LoginGateTest, AFloodOfTriesThatAreRefusedAsksTheStoreOnceInASecondOrTwo) {
  failuresOf(stranger_, 5);
  EXPECT_EQ(fail(stranger_), "stranger 30s");
  const std::size_t calls = store_.calls();
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(fail(stranger_), "stranger 30s");
  EXPECT_EQ(store_.calls(), calls);
  clock_.advance(RefusalMemory::kShortestLifetime - 1ms);
  EXPECT_EQ(fail(stranger_), "stranger 30s");
  EXPECT_EQ(store_.calls(), calls);
  clock_.advance(RefusalMemory::kLifetime - RefusalMemory::kShortestLifetime + 1ms);
  EXPECT_EQ(fail(stranger_), "stranger 28s");
  EXPECT_GT(store_.calls(), calls);
}

TEST_F(LoginGateTest, WhatIsRememberedOfARefusalIsOfThisUsersStrangersOnly) {
  failuresOf(stranger_, 6);
  const LoginVisitor device_there{.user = "ada", .place = stranger_.place, .device = "phone"};
  EXPECT_FALSE(gate_.refusedLately(device_there));
  EXPECT_TRUE(succeed(device_there)) << "it is none of a device's";
  EXPECT_EQ(fail(stranger_), "failed") << "and makes its place a known one at once";
  EXPECT_EQ(fail({.user = "eve", .place = office_.place, .device = ""}), "failed");
}

TEST_F(LoginGateTest, OneRefusalIsEnoughForStrangersOfEveryPlace) {
  ASSERT_TRUE(succeed(office_));
  failuresOf(stranger_, 5);
  EXPECT_EQ(fail(stranger_), "stranger 30s");
  const std::size_t calls = store_.calls();
  for (int i = 0; i < 1000; ++i) {
    const std::string place = "10.0." + std::to_string(i) + ".0/24";
    const LoginVisitor other{.user = "ada", .place = place, .device = ""};
    EXPECT_EQ(fail(other), "stranger 30s");
    EXPECT_TRUE(gate_.refusedLately(other));
  }
  EXPECT_EQ(store_.calls(), calls);
  EXPECT_FALSE(gate_.refusedLately(office_)) << "a known place is none of a stranger's";
  EXPECT_EQ(fail(office_), "failed");
}

TEST_F(LoginGateTest, OneStrangerAsksTheStoreAnewForAllOfThem) {
  failuresOf(stranger_, 6);
  int asked = 0;
  for (int i = 0; i < 10'000; ++i) {
    clock_.advance(1ms);
    const std::string place = "10.0." + std::to_string(i % 250) + ".0/24";
    const LoginVisitor visitor{.user = "ada", .place = place, .device = ""};
    if (gate_.refusedLately(visitor)) continue;
    ++asked;
    EXPECT_NE(fail(visitor), "failed");
  }
  EXPECT_EQ(asked, 10) << "one a second";
  // The one who was let through is gone, as when there was no place in the queue.
  clock_.advance(StrangerMemory::kFresh);
  EXPECT_FALSE(gate_.refusedLately(stranger_));
  EXPECT_TRUE(gate_.refusedLately(stranger_));
  clock_.advance(StrangerMemory::kBetweenAsking);
  EXPECT_FALSE(gate_.refusedLately(stranger_));
  EXPECT_TRUE(gate_.refusedLately(stranger_));
}

TEST_F(LoginGateTest, AUserWhoseTriesAreForgottenIsRefusedForTwoSecondsAtMost) {
  failuresOf(stranger_, 6);
  store_.clear();
  clock_.advance(StrangerMemory::kFresh - 1ms);
  EXPECT_TRUE(gate_.refusedLately(stranger_));
  clock_.advance(1ms);
  EXPECT_FALSE(gate_.refusedLately(stranger_));
  EXPECT_TRUE(gate_.refusedLately(stranger_));
  clock_.advance(StrangerMemory::kLifetime - StrangerMemory::kFresh);
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(gate_.refusedLately(stranger_));
    EXPECT_EQ(fail(stranger_), "failed");
  }
}

TEST_F(LoginGateTest, AKnownPlacesRefusalIsOfThatPlaceOnly) {
  ASSERT_TRUE(succeed(office_));
  EXPECT_EQ(failuresOf(office_, 11), 10);
  EXPECT_TRUE(gate_.refusedLately(office_));
  EXPECT_FALSE(gate_.refusedLately(stranger_));
  EXPECT_EQ(fail(stranger_), "failed");
}

TEST_F(LoginGateTest, ADevicesRefusalIsOfThatDeviceOnlyAndAsksTheStoreNoMore) {
  EXPECT_EQ(failuresOf(device_, 10), 10);
  EXPECT_FALSE(gate_.refusedLately(device_)) << "nobody has been refused yet";
  EXPECT_EQ(fail(device_), "device 900s");
  const std::size_t calls = store_.calls();
  const LoginVisitor elsewhere{.user = "ada", .place = office_.place, .device = device_.device};
  for (const LoginVisitor& visitor : {device_, elsewhere}) {
    EXPECT_TRUE(gate_.refusedLately(visitor));
    EXPECT_EQ(fail(visitor), "device 900s");
  }
  EXPECT_EQ(store_.calls(), calls);
  const LoginVisitor tablet{.user = "ada", .place = device_.place, .device = "tablet"};
  const LoginVisitor no_device{.user = "ada", .place = device_.place, .device = ""};
  const LoginVisitor eves{.user = "eve", .place = device_.place, .device = device_.device};
  for (const LoginVisitor& visitor : {tablet, no_device, eves}) {
    EXPECT_FALSE(gate_.refusedLately(visitor));
    EXPECT_EQ(fail(visitor), "failed");
  }
  clock_.advance(RefusalMemory::kLifetime);
  EXPECT_FALSE(gate_.refusedLately(device_));
  EXPECT_EQ(fail(device_), "device 898s") << "now the store says";
}

TEST_F(LoginGateTest, WhatADeviceWasRefusedIsForgottenAfterItsSuccess) {
  std::vector<LoginGate::Pass> under_way;
  for (int i = 0; i < 10; ++i) {
    if (auto pass = gate_.enter(device_)) under_way.push_back(*pass);
  }
  ASSERT_EQ(under_way.size(), 10U);
  EXPECT_EQ(fail(device_), "device 900s");
  gate_.succeeded(under_way.front());
  EXPECT_FALSE(gate_.refusedLately(device_));
  EXPECT_EQ(fail(device_), "failed");
}

TEST_F(LoginGateTest, AWaitThatIsOverIsOverAtOnce) {
  LoginGateSettings settings;
  settings.stranger_first_wait = 1s;
  LoginGate gate(settings, secret_, store_, store_, clock_);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(gate.enter(stranger_));
  ASSERT_FALSE(gate.enter(stranger_));
  clock_.advance(1s);
  EXPECT_TRUE(gate.enter(stranger_));
}

TEST_F(LoginGateTest, RemembersABoundedNumberOfRefusals) {
  RefusalMemory memory;
  const LoginRefused refused{.unavailable = false, .kind = LimitKind::kPlace, .wait = 1h};
  for (std::size_t i = 0; i <= RefusalMemory::kMost; ++i) memory.note(std::to_string(i), refused, clock_.steadyNow());
  EXPECT_FALSE(memory.find("0", clock_.steadyNow())) << "it began anew";
  EXPECT_TRUE(memory.find(std::to_string(RefusalMemory::kMost), clock_.steadyNow()));
}

TEST_F(LoginGateTest, ACrowdThatWasRefusedTogetherDoesNotComeBackTogether) {
  RefusalMemory memory;
  const LoginRefused refused{.unavailable = false, .kind = LimitKind::kPlace, .wait = 1h};
  for (int i = 0; i < 1000; ++i) memory.note(std::to_string(i), refused, clock_.steadyNow());
  int left = 1000;
  for (int tenth = 0; tenth <= 10; ++tenth) {
    clock_.advance(tenth == 0 ? RefusalMemory::kShortestLifetime - 100ms : 100ms);
    int found = 0;
    for (int i = 0; i < 1000; ++i) found += memory.find(std::to_string(i), clock_.steadyNow()) ? 1 : 0;
    EXPECT_LT(left - found, 200) << tenth;
    left = found;
  }
  clock_.advance(100ms);
  EXPECT_FALSE(memory.find("0", clock_.steadyNow()));
}

TEST_F(LoginGateTest, LetsNobodyInWhereNobodyCanTell) {
  for (int calls = 1; calls <= 3; ++calls) {
    store_.failAfter(calls);
    EXPECT_EQ(fail(stranger_), "unavailable") << calls;
    store_.failAfter(-1);
  }
  ASSERT_TRUE(succeed(office_));
  for (const LoginVisitor& visitor : {device_, office_}) {
    store_.failAfter(1);
    EXPECT_EQ(fail(visitor), "unavailable");
    store_.failAfter(-1);
  }
  for (int call = 1; call <= 2; ++call) {
    store_.failOnce(call);
    EXPECT_EQ(fail(office_), "unavailable") << "taken for a stranger, because call " << call << " failed";
  }
}

TEST_F(LoginGateTest, KeepsNoNameAndNoAddress) {
  const auto pass = gate_.enter(device_);
  ASSERT_TRUE(pass);
  for (const std::string& kept : {pass->user_hash, pass->place_hash, pass->device_hash}) {
    EXPECT_EQ(kept.size(), 22U);
    EXPECT_EQ(kept.find("ada"), std::string::npos);
  }
  EXPECT_NE(
      pass->user_hash,
      LoginGate(LoginGateSettings{}, Secret(std::string("another")), store_, store_, clock_).enter(device_)->user_hash);
}

}  // namespace
}  // namespace sessiond
