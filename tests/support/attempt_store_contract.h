// What every AttemptCounters and LoginMemory must do. A suite is instantiated with a type that has the stores and lets
// time pass:
//
//   AttemptCounters& counters();  LoginMemory& memory();  void pass(std::chrono::milliseconds);
//   std::size_t keys();  kPassMovesWhatIsKept: pass() moves what is kept into the past, and no clock

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "login/attempt_store.h"

namespace sessiond {

template <typename Stores>
class AttemptStoreContract : public testing::Test {
 protected:
  /// How long to wait, in ms; 0: counted; -1: nobody can tell.
  long long reserve(const std::string& key, const AttemptLimit& limit) {
    const auto made = stores.counters().reserve(key, limit);
    if (made && made->wait.count() == 0) last_ = *made;
    return made ? made->wait.count() : -1;
  }
  /// The try that was counted last.
  bool giveBack(const std::string& key) { return static_cast<bool>(stores.counters().giveBack(key, last_)); }
  int reserveAll(const std::string& key, const AttemptLimit& limit, int tries) {
    int counted = 0;
    for (int i = 0; i < tries; ++i) counted += reserve(key, limit) == 0 ? 1 : 0;
    return counted;
  }

  /// As the store knows it after pass(time).
  Reservation aged(Reservation reservation, std::chrono::milliseconds time) {
    if (Stores::kPassMovesWhatIsKept) {
      for (std::int64_t& end : reservation.ends) end -= time.count();
      reservation.at -= time.count();
      reservation.before -= time.count();
    }
    return reservation;
  }

  Stores stores;
  const AttemptLimit three_a_minute{.windows = {{3, std::chrono::minutes(1)}}};
  Reservation last_;
};

TYPED_TEST_SUITE_P(AttemptStoreContract);

TYPED_TEST_P(AttemptStoreContract, CountsUpToTheLimitOfTheWindowAndSaysWhenItEnds) {
  EXPECT_EQ(this->reserveAll("try:a", this->three_a_minute, 3), 3);
  const long long wait = this->reserve("try:a", this->three_a_minute);
  EXPECT_GT(wait, 50'000);
  EXPECT_LE(wait, 60'000);
  EXPECT_EQ(this->reserve("try:b", this->three_a_minute), 0) << "another key";
}

TYPED_TEST_P(AttemptStoreContract, ARefusedTryIsNotCounted) {
  EXPECT_EQ(this->reserveAll("try:a", this->three_a_minute, 100), 3);
  this->stores.pass(std::chrono::minutes(1));
  EXPECT_EQ(this->reserveAll("try:a", this->three_a_minute, 100), 3);
}

TYPED_TEST_P(AttemptStoreContract, EveryWindowHasToBeKept) {
  const AttemptLimit limit{.windows = {{2, std::chrono::minutes(1)}, {3, std::chrono::hours(1)}}};
  EXPECT_EQ(this->reserveAll("try:a", limit, 9), 2);
  this->stores.pass(std::chrono::minutes(1));
  EXPECT_EQ(this->reserveAll("try:a", limit, 9), 1);
  EXPECT_GT(this->reserve("try:a", limit), 57 * 60'000);
  this->stores.pass(std::chrono::hours(1));
  EXPECT_EQ(this->reserveAll("try:a", limit, 9), 2);
}

TYPED_TEST_P(AttemptStoreContract, TheDelayDoublesUpToTheLongest) {
  const AttemptLimit limit{
      .windows = {{100, std::chrono::hours(24)}},
      .delay = AttemptDelay{.free = 2, .first = std::chrono::seconds(30), .longest = std::chrono::seconds(100)}};
  EXPECT_EQ(this->reserveAll("try:a", limit, 9), 2);
  for (const int delay : {30, 60, 100, 100}) {
    const long long wait = this->reserve("try:a", limit);
    EXPECT_GT(wait, delay * 1000 - 10'000);
    EXPECT_LE(wait, delay * 1000);
    this->stores.pass(std::chrono::seconds(delay));
    EXPECT_EQ(this->reserve("try:a", limit), 0) << delay;
  }
}

TYPED_TEST_P(AttemptStoreContract, GivesBackOneTryButNeverMoreThanWereCounted) {
  ASSERT_TRUE(this->giveBack("try:a"));
  EXPECT_EQ(this->reserveAll("try:a", this->three_a_minute, 9), 3);
  ASSERT_TRUE(this->giveBack("try:a"));
  EXPECT_EQ(this->reserveAll("try:a", this->three_a_minute, 9), 1);
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(this->giveBack("try:a"));
  EXPECT_EQ(this->reserveAll("try:a", this->three_a_minute, 9), 3);
}

TYPED_TEST_P(AttemptStoreContract, ATryIsGivenBackToItsOwnWindowsOnly) {
  const AttemptLimit limit{.windows = {{3, std::chrono::minutes(1)}, {5, std::chrono::hours(1)}}};
  EXPECT_EQ(this->reserveAll("try:a", limit, 1), 1);
  const Reservation early = this->last_;
  this->stores.pass(std::chrono::minutes(1));
  EXPECT_EQ(this->reserveAll("try:a", limit, 9), 3);
  ASSERT_TRUE(this->stores.counters().giveBack("try:a", this->aged(early, std::chrono::minutes(1))));
  EXPECT_EQ(this->reserveAll("try:a", limit, 9), 0) << "three in this minute stay three";
  this->stores.pass(std::chrono::minutes(1));
  EXPECT_EQ(this->reserveAll("try:a", limit, 9), 2) << "of the hour's five, one was given back";
}

TYPED_TEST_P(AttemptStoreContract, ATryThatIsGivenBackDelaysNobody) {
  const AttemptLimit limit{
      .windows = {{100, std::chrono::hours(24)}},
      .delay = AttemptDelay{.free = 2, .first = std::chrono::seconds(30), .longest = std::chrono::hours(1)}};
  EXPECT_EQ(this->reserveAll("try:a", limit, 2), 2);
  this->stores.pass(std::chrono::seconds(40));
  ASSERT_EQ(this->reserve("try:a", limit), 0);
  ASSERT_TRUE(this->giveBack("try:a"));
  ASSERT_EQ(this->reserve("try:a", limit), 0) << "the try before was a delay ago";
  const Reservation early = this->last_;
  this->stores.pass(std::chrono::seconds(60));
  ASSERT_EQ(this->reserve("try:a", limit), 0);
  ASSERT_TRUE(this->stores.counters().giveBack("try:a", this->aged(early, std::chrono::seconds(60))));
  EXPECT_GT(this->reserve("try:a", limit), 0) << "somebody tried since";
}

TYPED_TEST_P(AttemptStoreContract, ACounterWithoutTriesVanishes) {
  EXPECT_EQ(this->reserveAll("try:a", this->three_a_minute, 2), 2);
  ASSERT_TRUE(this->giveBack("try:a"));
  EXPECT_EQ(this->stores.keys(), 1U);
  ASSERT_TRUE(this->giveBack("try:a"));
  EXPECT_EQ(this->stores.keys(), 0U);
  ASSERT_TRUE(this->giveBack("try:a"));
  EXPECT_EQ(this->stores.keys(), 0U);
}

TYPED_TEST_P(AttemptStoreContract, ForgetsACounter) {
  EXPECT_EQ(this->reserveAll("try:a", this->three_a_minute, 9), 3);
  ASSERT_TRUE(this->stores.counters().forget("try:a"));
  EXPECT_EQ(this->reserveAll("try:a", this->three_a_minute, 9), 3);
}

TYPED_TEST_P(AttemptStoreContract, OfManyTriesAtOnceAsManyAreCountedAsThereIsRoomFor) {
  std::atomic<int> counted = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 25; ++n) {
          const auto made = this->stores.counters().reserve("try:a", this->three_a_minute);
          if (made && made->wait.count() == 0) ++counted;
        }
      });
    }
  }
  EXPECT_EQ(counted, 3);
}

TYPED_TEST_P(AttemptStoreContract, RemembersPlacesForTheirTimeAndOnlyTheLatest) {
  LoginMemory& memory = this->stores.memory();
  constexpr std::chrono::hours kDay{24};
  const auto known = [&memory, kDay](std::string_view key) {
    std::vector<std::string> places = memory.knownPlaces(key, kDay).value();
    std::sort(places.begin(), places.end());
    return places;
  };
  using Places = std::vector<std::string>;
  EXPECT_EQ(known("places:a"), Places());
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(memory.remember("places:a", "p" + std::to_string(i), kDay, 3));
    this->stores.pass(std::chrono::seconds(10));
  }
  EXPECT_EQ(known("places:a"), Places({"p1", "p2", "p3"})) << "one more than fit";
  EXPECT_EQ(known("places:b"), Places());
  this->stores.pass(std::chrono::hours(23));
  ASSERT_TRUE(memory.remember("places:a", "p1", kDay, 3));
  this->stores.pass(std::chrono::hours(2));
  EXPECT_EQ(known("places:a"), Places({"p1"}));
}

TYPED_TEST_P(AttemptStoreContract, NotesFailuresUntilTheyAreTaken) {
  LoginMemory& memory = this->stores.memory();
  EXPECT_EQ(memory.takeFailures("failures:a")->failures, 0U);
  ASSERT_TRUE(memory.noteFailure("failures:a", std::chrono::hours(1)));
  this->stores.pass(std::chrono::seconds(10));
  ASSERT_TRUE(memory.noteFailure("failures:a", std::chrono::hours(1)));
  const auto note = memory.takeFailures("failures:a");
  ASSERT_TRUE(note);
  EXPECT_EQ(note->failures, 2U);
  EXPECT_EQ(std::chrono::floor<std::chrono::seconds>(note->last),
            std::chrono::floor<std::chrono::seconds>(this->stores.clock.wallNow()));
  EXPECT_EQ(memory.takeFailures("failures:a")->failures, 0U);
}

REGISTER_TYPED_TEST_SUITE_P(AttemptStoreContract, CountsUpToTheLimitOfTheWindowAndSaysWhenItEnds,
                            ARefusedTryIsNotCounted, EveryWindowHasToBeKept, TheDelayDoublesUpToTheLongest,
                            GivesBackOneTryButNeverMoreThanWereCounted, ATryIsGivenBackToItsOwnWindowsOnly,
                            ATryThatIsGivenBackDelaysNobody, ACounterWithoutTriesVanishes, ForgetsACounter,
                            OfManyTriesAtOnceAsManyAreCountedAsThereIsRoomFor,
                            RemembersPlacesForTheirTimeAndOnlyTheLatest, NotesFailuresUntilTheyAreTaken);

}  // namespace sessiond
