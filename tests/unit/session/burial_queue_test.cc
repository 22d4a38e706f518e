#include "session/burial_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/secret.h"
#include "support/fake_clock.h"

namespace sessiond {
namespace {

using std::chrono::seconds;

SessionId idOf(const std::string& bytes) {
  return *SessionId::fromBytes(bytes);
}

/// Holds the first revocation until it is let go, and says when the last one is made.
class GatedStore final : public SessionStore {
 public:
  explicit GatedStore(int revocations, int looks = 0) : looked(looks), done(revocations) {}

  void load(std::span<SessionLoad> loads) override {
    for (SessionLoad& load : loads) {
      load.result = StoredSession();
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
        entered.count_down();
        gate.wait();
      }
      if (failures > 0) {
        --failures;
        one.result = Unexpected(StoreError::kUnavailable);
        continue;
      }
      const std::lock_guard lock(mutex_);
      revoked_[one.id.bytes()].push_back(one.tombstone_ttl);
      one.result = Burial::kBuried;
      done.count_down();
    }
  }
  Expected<std::uint64_t, StoreError> raiseEpoch(std::uint64_t at_least) override { return at_least; }
  std::map<std::string, std::vector<seconds>> revoked() {
    const std::lock_guard lock(mutex_);
    return revoked_;
  }

  std::latch entered{1};
  std::latch gate{1};
  std::latch looked;
  std::latch done;
  std::set<std::string> there;    ///< set before anything is looked at
  std::atomic<int> failures = 0;  ///< so many revocations to come fail

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<seconds>> revoked_;
};

class BurialQueueTest : public testing::Test {
 protected:
  FakeClock clock_;
  MetricsRegistry metrics_;
  RevokedSessions revoked_{clock_, metrics_};
  HmacKey log_names_{Secret(std::string("key for the names in logs"))};
};

TEST_F(BurialQueueTest, RevokesWhatItIsGivenOnceHoweverOftenItIsMetMeanwhile) {
  GatedStore store(3);
  BurialQueue queue(store, store, revoked_, log_names_, metrics_);
  queue.bury(idOf("first"), seconds(60));
  store.entered.wait();
  for (int i = 0; i < 10; ++i) queue.bury(idOf("a"), seconds(60));
  queue.bury(idOf("b"), seconds(90));
  store.gate.count_down();
  store.done.wait();
  const std::map<std::string, std::vector<seconds>> expected = {
      {"a", {seconds(60)}}, {"b", {seconds(90)}}, {"first", {seconds(60)}}};
  EXPECT_EQ(store.revoked(), expected);
}

TEST_F(BurialQueueTest, NeverWaitsAndTakesNoMoreThanItHasRoomFor) {
  GatedStore store(1 + static_cast<int>(BurialQueue::kMaxWaiting));
  BurialQueue queue(store, store, revoked_, log_names_, metrics_);
  queue.bury(idOf("first"), seconds(60));
  store.entered.wait();
  for (std::size_t i = 0; i < 2 * BurialQueue::kMaxWaiting; ++i) queue.bury(idOf(std::to_string(i)), seconds(60));
  store.gate.count_down();
  store.done.wait();
  EXPECT_EQ(store.revoked().size(), 1 + BurialQueue::kMaxWaiting);
}

TEST_F(BurialQueueTest, LooksOnlyAtWhatWasRevokedHereAndBuriesWhatIsThereAgain) {
  GatedStore store(1, 2);
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
  GatedStore store(2 * kAll - 1);  // one is not taken, and nobody else waits for it; then all come again
  store.failures = 1;
  BurialQueue queue(store, store, revoked_, log_names_, metrics_, std::chrono::milliseconds(1));
  queue.renew();
  store.done.wait();
  for (int i = 0; i < kAll; ++i) {
    EXPECT_EQ(store.revoked()[std::to_string(i)].back(), seconds(100 + i));
  }
}

TEST_F(BurialQueueTest, BeginsAnewWhereNothingOfAPageIsTaken) {
  constexpr int kPage = static_cast<int>(BurialQueue::kPage);
  for (int i = 0; i < 3 * kPage; ++i) revoked_.note(idOf(std::to_string(i)), seconds(100 + i));
  GatedStore store(3 * kPage);
  store.failures = kPage;
  BurialQueue queue(store, store, revoked_, log_names_, metrics_, std::chrono::milliseconds(1));
  queue.renew();
  store.done.wait();
  EXPECT_EQ(store.revoked()["0"].size(), 1U) << "the others were not tried before";
}

TEST_F(BurialQueueTest, EndsWithoutWhatStillWaits) {
  GatedStore store(1);
  {
    BurialQueue queue(store, store, revoked_, log_names_, metrics_);
    queue.bury(idOf("first"), seconds(60));
    store.entered.wait();
    queue.bury(idOf("waits"), seconds(60));
    std::jthread ending([&store] { store.gate.count_down(); });
  }
  EXPECT_TRUE(store.revoked().contains("first"));
}

}  // namespace
}  // namespace sessiond
