#include "session/burial_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/secret.h"
#include "support/fake_clock.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

using std::chrono::seconds;

constexpr std::chrono::milliseconds kShortly{1};

/// Holds the first revocation until it is let go, and says when the last one is made.
class HeldStore final : public SessionStore {
 public:
  explicit HeldStore(int revocations, int looks = 0) : looked(looks), done(revocations) {}

  void load(std::span<SessionLoad> loads) override {
    for (SessionLoad& load : loads) {
      if (failures > 0) {
        --failures;
        continue;
      }
      load.result = StoredSession();
      if (damaged.contains(load.id->bytes())) load.result = Unexpected(StoreError::kCorrupt);
      if (there.contains(load.id->bytes())) load.result->json = "{}";
      looked.count_down();
    }
  }
  Expected<void, StoreError> create(const SessionId&, std::string_view, seconds) override { return {}; }
  Expected<ReplaceOutcome, StoreError> replace(const SessionId&, std::string_view, std::string_view) override {
    return ReplaceOutcome::kReplaced;
  }
  void revoke(std::span<SessionRevocation> revocations) override {
    for (SessionRevocation& one : revocations) {
      if (one.id == idOf("first")) {
        if (triesOf("first") == 0) entered.count_down();
        latch.wait();
      }
      const std::lock_guard lock(mutex_);
      ++tries_[one.id.bytes()];
      if (away.contains(one.id.bytes()) && !back) {
        one.result = Unexpected(StoreError::kUnavailable);
        continue;
      }
      if (failures > 0) {
        --failures;
        one.result = Unexpected(StoreError::kUnavailable);
        continue;
      }
      if (refusals > 0) {
        --refusals;
        one.result = Burial::kUnburied;
        continue;
      }
      revoked_[one.id.bytes()].push_back(one.tombstone_ttl);
      one.result = Burial::kBuried;
      done.count_down();
    }
  }
  Expected<std::uint64_t, StoreError> raiseEpoch(std::uint64_t at_least) override {
    if (epoch_failures-- > 0) return Unexpected(StoreError::kUnavailable);
    told.count_down();
    return at_least;
  }
  int triesOf(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return tries_[id];
  }
  std::map<std::string, std::vector<seconds>> revoked() {
    const std::lock_guard lock(mutex_);
    return revoked_;
  }

  std::latch entered{1};
  std::latch latch{1};
  std::latch looked;
  std::latch done;
  std::latch told{1};
  std::set<std::string> there;          ///< set before anything is looked at
  std::set<std::string> damaged;        ///< the same, and what is there is no session
  std::set<std::string> away;           ///< set before anything is revoked
  std::atomic<bool> back = false;       ///< they are there again
  std::atomic<int> failures = 0;        ///< so many calls to come fail
  std::atomic<int> refusals = 0;        ///< tombstones that a full server does not take
  std::atomic<int> epoch_failures = 0;  ///< the same, of what everybody is concerned by

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<seconds>> revoked_;
  std::map<std::string, int> tries_;
};

class BurialQueueTest : public testing::Test {
 protected:
  FakeClock clock_;
  MetricsRegistry metrics_;
  RevokedSessions revoked_{clock_, metrics_};
  HmacKey log_names_{Secret(std::string("key for the names in logs"))};
};

TEST_F(BurialQueueTest, RevokesWhatItIsGivenOnceHoweverOftenItIsMetMeanwhile) {
  HeldStore store(3);
  BurialQueue queue(store, store, revoked_, log_names_, metrics_);
  queue.bury(idOf("first"), seconds(60));
  store.entered.wait();
  for (int i = 0; i < 10; ++i) queue.bury(idOf("a"), seconds(60));
  queue.bury(idOf("b"), seconds(90));
  store.latch.count_down();
  store.done.wait();
  const std::map<std::string, std::vector<seconds>> expected = {
      {"a", {seconds(60)}}, {"b", {seconds(90)}}, {"first", {seconds(60)}}};
  EXPECT_EQ(store.revoked(), expected);
}

TEST_F(BurialQueueTest, LooksForCopiesOnceMoreBeforeItForgets) {
  HeldStore store(1, 2);
  store.there = {"saved late", "new"};
  revoked_.note(idOf("saved late"), std::chrono::hours(24));
  revoked_.note(idOf("gone"), std::chrono::hours(24));
  clock_.advance(std::chrono::minutes(56));
  revoked_.note(idOf("new"), std::chrono::hours(24));
  BurialQueue queue(store, store, revoked_, log_names_, metrics_, {}, kShortly);
  store.looked.wait();
  store.done.wait();
  const std::map<std::string, std::vector<seconds>> expected = {
      {"saved late", {std::chrono::hours(24) - std::chrono::minutes(56)}}};
  EXPECT_EQ(store.revoked(), expected);
}

TEST_F(BurialQueueTest, NeverWaitsAndTakesNoMoreThanItHasRoomFor) {
  HeldStore store(1 + static_cast<int>(BurialQueue::kMaxWaiting));
  BurialQueue queue(store, store, revoked_, log_names_, metrics_);
  queue.bury(idOf("first"), seconds(60));
  store.entered.wait();
  for (std::size_t i = 0; i < 2 * BurialQueue::kMaxWaiting; ++i) queue.bury(idOf(std::to_string(i)), seconds(60));
  store.latch.count_down();
  store.done.wait();
  EXPECT_EQ(store.revoked().size(), 1 + BurialQueue::kMaxWaiting);
}

TEST_F(BurialQueueTest, LooksOnlyAtWhatWasRevokedHereAndBuriesWhatIsThereAgain) {
  HeldStore store(1, 2);
  store.there = {"back", "others"};
  revoked_.note(idOf("back"), std::chrono::hours(24));
  revoked_.note(idOf("gone"), std::chrono::hours(24));
  BurialQueue queue(store, store, revoked_, log_names_, metrics_);
  for (const char* id : {"gone", "others", "back"}) queue.look(id);
  store.looked.wait();
  store.done.wait();
  EXPECT_EQ(store.revoked(), (std::map<std::string, std::vector<seconds>>{{"back", {std::chrono::hours(24)}}}));
}

TEST_F(BurialQueueTest, WritesEveryTombstoneAnewUntilTheStoreHasTakenAll) {
  constexpr int kAll = 3 * static_cast<int>(BurialQueue::kPage);
  for (int i = 0; i < kAll; ++i) revoked_.note(idOf(std::to_string(i)), seconds(100 + i));
  HeldStore store(kAll);
  store.failures = static_cast<int>(BurialQueue::kPage);
  BurialQueue queue(store, store, revoked_, log_names_, metrics_, {}, kShortly);
  queue.renew();
  store.done.wait();
  for (int i = 0; i < kAll; ++i) {
    EXPECT_EQ(store.revoked()[std::to_string(i)], std::vector{seconds(100 + i)}) << i << ": once";
  }
}

/// Deleted alone is not done: an application's late copy would be back everywhere else.
TEST_F(BurialQueueTest, ATombstoneThatAFullServerDoesNotTakeIsTriedAgain) {
  revoked_.note(idOf("renewed"), seconds(100));
  revoked_.note(idOf("buried"), seconds(60));
  HeldStore store(2);
  store.refusals = 5;
  BurialQueue queue(store, store, revoked_, log_names_, metrics_, {}, kShortly);
  queue.renew();
  queue.bury(idOf("buried"), seconds(60));
  store.done.wait();
  const std::map<std::string, std::vector<seconds>> expected = {{"buried", {seconds(60)}}, {"renewed", {seconds(100)}}};
  EXPECT_EQ(store.revoked(), expected);
  EXPECT_EQ(store.refusals, 0);
}

TEST_F(BurialQueueTest, ATombstoneThatWasRefusedElsewhereIsTriedAgainByItself) {
  revoked_.note(idOf("refused"), seconds(60));
  HeldStore store(1);
  store.refusals = 5;
  BurialQueue queue(store, store, revoked_, log_names_, metrics_, {}, kShortly);
  for (const char* id : {"not revoked here", "refused"}) queue.wantTombstone(idOf(id));
  store.done.wait();
  EXPECT_EQ(store.revoked(), (std::map<std::string, std::vector<seconds>>{{"refused", {seconds(60)}}}));
}

/// A user of the server who may not write tombstones, say. What is deleted is tried again as long as a tombstone would
/// stand, and no longer: "other" is still being tried, and the pauses of both have grown to the longest.
TEST_F(BurialQueueTest, ATombstoneThatIsRefusedForGoodIsTriedAsLongAsItWouldStand) {
  revoked_.note(idOf("refused"), seconds(60));
  HeldStore store(1);
  store.refusals = 1 << 30;
  store.away = {"other"};
  BurialQueue queue(store, store, revoked_, log_names_, metrics_, {}, kShortly);
  queue.bury(idOf("refused"), seconds(60));
  queue.bury(idOf("other"), seconds(60));
  const auto waitFor = [&store](const char* id, int tries) {
    while (store.triesOf(id) < tries) std::this_thread::yield();
  };
  waitFor("refused", 6);
  waitFor("other", 6);
  clock_.advance(seconds(61));
  const int before = store.triesOf("refused");
  waitFor("other", store.triesOf("other") + 8);
  EXPECT_LE(store.triesOf("refused"), before + 1) << "one may have been under way";
  store.refusals = 0;
  store.back = true;
  store.done.wait();
  EXPECT_FALSE(store.revoked().contains("refused"));
}

TEST_F(BurialQueueTest, OneThatFailsIsTriedAgainByItself) {
  constexpr int kAll = 3 * static_cast<int>(BurialQueue::kPage);
  for (int i = 0; i < kAll; ++i) revoked_.note(idOf(std::to_string(i)), seconds(100));
  HeldStore store(kAll);
  store.away = {"5", "100"};
  BurialQueue queue(store, store, revoked_, log_names_, metrics_, {}, kShortly);
  queue.renew();
  while (store.triesOf("5") < 4 || store.triesOf("100") < 4) std::this_thread::yield();
  for (int i = 0; i < kAll; ++i) {
    const std::string id = std::to_string(i);
    if (store.away.contains(id)) continue;
    EXPECT_EQ(store.triesOf(id), 1) << id;
  }
  store.back = true;
  store.done.wait();
}

TEST_F(BurialQueueTest, ACopyThatWasNotBuriedIsTriedAgainToo) {
  HeldStore store(3, 1);
  store.there = {"met", "looked at", "gone"};
  store.away = {"met", "looked at"};
  revoked_.note(idOf("looked at"), std::chrono::hours(24));
  BurialQueue queue(store, store, revoked_, log_names_, metrics_, {}, kShortly);
  queue.bury(idOf("met"), seconds(60));
  queue.look("looked at");
  while (store.triesOf("met") < 2 || store.triesOf("looked at") < 2) std::this_thread::yield();
  queue.bury(idOf("other"), seconds(70));
  store.back = true;
  store.done.wait();
  EXPECT_EQ(store.revoked()["looked at"], std::vector<seconds>{std::chrono::hours(24)});
  EXPECT_EQ(metrics_.counter("sessiond_resurrected_sessions_total", "").read(), 1U) << "however often it is tried";
}

/// A server that takes no tombstone for good, of a session that somebody else revoked.
TEST_F(BurialQueueTest, WhatIsGoneIsNotTriedForEverForItsTombstone) {
  HeldStore store(1);
  store.away = {"away"};
  store.refusals = 1'000'000;
  BurialQueue queue(store, store, revoked_, log_names_, metrics_, {}, kShortly);
  queue.bury(idOf("gone"), seconds(60));
  while (store.triesOf("gone") < 1) std::this_thread::yield();
  queue.bury(idOf("away"), seconds(60));
  while (store.triesOf("away") < 5) std::this_thread::yield();
  EXPECT_EQ(store.triesOf("gone"), 1);
}

/// As where every connection of a busy server is lost.
TEST_F(BurialQueueTest, RenewsOnceMoreAndEverLaterHoweverOftenConnectionsAreLost) {
  revoked_.note(idOf("first"), seconds(100));
  HeldStore store(3);
  std::atomic<int> renewals = 0;
  constexpr std::chrono::milliseconds kLong{100};
  const auto began = SteadyClock::now();
  BurialQueue queue(store, store, revoked_, log_names_, metrics_, {.renewing = [&] { ++renewals; }, .ending = {}},
                    kLong);
  queue.renewAfterLoss();
  store.entered.wait();
  for (int i = 0; i < 100; ++i) queue.renewAfterLoss();
  store.latch.count_down();
  while (store.triesOf("first") < 2) std::this_thread::yield();
  queue.renewAfterLoss();
  store.done.wait();
  EXPECT_GE(SteadyClock::now() - began, 3 * BurialQueue::kPausesBetweenLosses * kLong);
  EXPECT_EQ(renewals, 3) << "and none is forgotten";
}

TEST_F(BurialQueueTest, WhereTheServerIsKnownToBeAnotherOneNothingIsPutOff) {
  revoked_.note(idOf("a"), seconds(100));
  HeldStore store(2);
  BurialQueue queue(store, store, revoked_, log_names_, metrics_, {}, std::chrono::hours(1));
  queue.renewAfterLoss();
  while (store.triesOf("a") < 1) std::this_thread::yield();
  queue.renewAfterLoss();
  queue.renew();
  store.done.wait();
  EXPECT_EQ(store.revoked()["a"].size(), 2U);
}

TEST_F(BurialQueueTest, WhatCouldNotBeEndedIsEndedOnceThatCanBe) {
  HeldStore store(1);
  std::atomic<int> tries = 0;
  std::latch ended(1);
  BurialQueue queue(store, store, revoked_, log_names_, metrics_,
                    {.renewing = {},
                     .ending =
                         [&](const SessionId& id, std::string_view why, const std::string& user_id) {
                           EXPECT_EQ(id, idOf("a"));
                           EXPECT_EQ(why, "new_login");
                           EXPECT_EQ(user_id, "42");
                           if (++tries < 3) return false;
                           ended.count_down();
                           return true;
                         }},
                    kShortly);
  queue.end(idOf("a"), "new_login", "42");
  ended.wait();
  queue.bury(idOf("b"), seconds(60));
  store.done.wait();
  EXPECT_EQ(tries, 3);
  EXPECT_EQ(metrics_.counter("sessiond_resurrected_sessions_total", "").read(), 0U) << "nobody brought it back";
}

TEST_F(BurialQueueTest, ATombstoneThatHasEndedBeginsAnewForWhatIsThereAgain) {
  HeldStore store(2, 2);
  store.there = {"back", "lasts"};
  revoked_.note(idOf("back"), seconds(1));
  revoked_.note(idOf("lasts"), std::chrono::hours(24));
  clock_.advance(seconds(2));
  BurialQueue queue(store, store, revoked_, log_names_, metrics_);
  for (const char* id : {"back", "lasts"}) queue.look(id);
  store.done.wait();
  EXPECT_EQ(store.revoked()["back"], std::vector<seconds>{RevokedSessions::kMemory});
  EXPECT_EQ(store.revoked()["lasts"], std::vector<seconds>{std::chrono::hours(24) - seconds(2)});
}

TEST_F(BurialQueueTest, OfOneThatIsMetAgainTheLongerTombstoneCounts) {
  HeldStore store(2);
  BurialQueue queue(store, store, revoked_, log_names_, metrics_);
  queue.bury(idOf("first"), seconds(60));
  store.entered.wait();
  for (const int ttl : {60, 90, 70}) queue.bury(idOf("a"), seconds(ttl));
  store.latch.count_down();
  store.done.wait();
  EXPECT_EQ(store.revoked()["a"], std::vector{seconds(90)});
}

TEST_F(BurialQueueTest, WhatHoldsNoSessionIsThereAllTheSame) {
  HeldStore store(1, 1);
  store.damaged = {"damaged"};
  revoked_.note(idOf("damaged"), std::chrono::hours(24));
  BurialQueue queue(store, store, revoked_, log_names_, metrics_);
  queue.look("damaged");
  store.done.wait();
  EXPECT_TRUE(store.revoked().contains("damaged"));
}

TEST_F(BurialQueueTest, WhoeverCannotBeLookedAtIsLookedAtAgain) {
  HeldStore store(1, 1);
  store.there = {"back"};
  store.failures = 3;
  revoked_.note(idOf("back"), std::chrono::hours(24));
  BurialQueue queue(store, store, revoked_, log_names_, metrics_, {}, kShortly);
  queue.look("back");
  store.done.wait();
  EXPECT_TRUE(store.revoked().contains("back"));
}

TEST_F(BurialQueueTest, HowOftenEverybodyWasLoggedOutIsToldUntilItIsTaken) {
  HeldStore store(0);
  store.epoch_failures = 3;
  BurialQueue queue(store, store, revoked_, log_names_, metrics_, {}, kShortly);
  queue.renew();
  store.told.wait();
}

TEST_F(BurialQueueTest, EndsWithoutWhatStillWaits) {
  HeldStore store(1);
  {
    BurialQueue queue(store, store, revoked_, log_names_, metrics_);
    queue.bury(idOf("first"), seconds(60));
    store.entered.wait();
    queue.bury(idOf("waits"), seconds(60));
    std::jthread ending([&store] { store.latch.count_down(); });
  }
  EXPECT_TRUE(store.revoked().contains("first"));
}

}  // namespace
}  // namespace sessiond
