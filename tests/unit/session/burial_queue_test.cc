#include "session/burial_queue.h"

#include <gtest/gtest.h>

#include <latch>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/secret.h"

namespace sessiond {
namespace {

using std::chrono::seconds;

SessionId idOf(const std::string& bytes) {
  return *SessionId::fromBytes(bytes);
}

/// Holds the first revocation until it is let go, and says when the last one is made.
class GatedStore final : public SessionStore {
 public:
  explicit GatedStore(int revocations) : done(revocations) {}

  void load(std::span<SessionLoad>) override {}
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
      const std::lock_guard lock(mutex_);
      revoked_[one.id.bytes()].push_back(one.tombstone_ttl);
      one.result = Burial::kBuried;
      done.count_down();
    }
  }
  std::map<std::string, std::vector<seconds>> revoked() {
    const std::lock_guard lock(mutex_);
    return revoked_;
  }

  std::latch entered{1};
  std::latch gate{1};
  std::latch done;

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<seconds>> revoked_;
};

class BurialQueueTest : public testing::Test {
 protected:
  HmacKey log_names_{Secret(std::string("key for the names in logs"))};
};

TEST_F(BurialQueueTest, RevokesWhatItIsGivenOnceHoweverOftenItIsMetMeanwhile) {
  GatedStore store(3);
  BurialQueue queue(store, log_names_);
  queue.add(idOf("first"), seconds(60));
  store.entered.wait();
  for (int i = 0; i < 10; ++i) queue.add(idOf("a"), seconds(60));
  queue.add(idOf("b"), seconds(90));
  store.gate.count_down();
  store.done.wait();
  const std::map<std::string, std::vector<seconds>> expected = {
      {"a", {seconds(60)}}, {"b", {seconds(90)}}, {"first", {seconds(60)}}};
  EXPECT_EQ(store.revoked(), expected);
}

TEST_F(BurialQueueTest, NeverWaitsAndTakesNoMoreThanItHasRoomFor) {
  GatedStore store(1 + static_cast<int>(BurialQueue::kMaxWaiting));
  BurialQueue queue(store, log_names_);
  queue.add(idOf("first"), seconds(60));
  store.entered.wait();
  for (std::size_t i = 0; i < 2 * BurialQueue::kMaxWaiting; ++i) queue.add(idOf(std::to_string(i)), seconds(60));
  store.gate.count_down();
  store.done.wait();
  EXPECT_EQ(store.revoked().size(), 1 + BurialQueue::kMaxWaiting);
}

TEST_F(BurialQueueTest, EndsWithoutWhatStillWaits) {
  GatedStore store(1);
  {
    BurialQueue queue(store, log_names_);
    queue.add(idOf("first"), seconds(60));
    store.entered.wait();
    queue.add(idOf("waits"), seconds(60));
    std::jthread ending([&store] { store.gate.count_down(); });
  }
  EXPECT_TRUE(store.revoked().contains("first"));
}

}  // namespace
}  // namespace sessiond
