// What BurialQueue writes again when the server may be another one, and whoever revokes something meanwhile.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/secret.h"
#include "session/burial_queue.h"
#include "session/coherent_store.h"
#include "support/fake_clock.h"
#include "support/memory_session_store.h"
#include "support/passing_store.h"
#include "support/session_ids.h"
#include "support/soon.h"

namespace sessiond {
namespace {

using std::chrono::seconds;

/// The server, which may become another one: what revokes there is the test's.
class ServerStore final : public PassingStore {
 public:
  using PassingStore::PassingStore;

  using PassingStore::revoke;
  void revoke(std::span<SessionRevocation> revocations) override { revoking(revocations); }
  Expected<std::uint64_t, StoreError> raiseEpoch(std::uint64_t at_least) override {
    ++told;
    return PassingStore::raiseEpoch(at_least);
  }

  std::function<void(std::span<SessionRevocation>)> revoking;
  std::atomic<int> told = 0;  ///< of the epoch, which comes after all tombstones
};

class BurialRenewalTest : public testing::Test {
 protected:
  static constexpr std::chrono::milliseconds kLong{20};
  static void takeLong() {
    const SteadyTime over = SteadyClock::now() + kLong;
    while (SteadyClock::now() < over) std::this_thread::yield();
  }

  const SessionId id_ = idOf("a");
  FakeClock clock_;
  MetricsRegistry metrics_;
  RevokedSessions revoked_{clock_, metrics_};
  LiveCaches caches_;
  LoginEpoch epoch_;
  HmacKey log_names_{Secret(std::string("key for the names in logs"))};
  MemorySessionStore old_{clock_};
  MemorySessionStore present_{clock_};
  ServerStore server_{present_};
  std::atomic<std::uint64_t> when_renewing_ = 0;  ///< so many were counted
  CoherentStore store_{server_,
                       caches_,
                       revoked_,
                       epoch_,
                       clock_,
                       [this](const SessionId& id) { queue_.wantTombstone(id); },
                       [this] { return queue_.renewals(); }};
  BurialQueue queue_{store_,
                     server_,
                     revoked_,
                     log_names_,
                     metrics_,
                     {.renewing = [this] { when_renewing_ = queue_.renewals(); }, .ending = {}},
                     std::chrono::milliseconds(1)};
};

/// The old server has taken it; before that is answered, all that is remembered has been written again elsewhere.
TEST_F(BurialRenewalTest, WhatWasRevokedUnderAFailoverIsBuriedAtTheNewServerAsWell) {
  std::atomic<bool> failed_over = false;
  server_.revoking = [&](std::span<SessionRevocation> revocations) {
    if (failed_over.exchange(true)) return present_.revoke(revocations);
    old_.revoke(revocations);
    queue_.renew();
    EXPECT_TRUE(soon([&] { return server_.told == 1; }));
  };
  ASSERT_EQ(*store_.revoke(id_, seconds(60)), Burial::kBuried);
  EXPECT_TRUE(soon([&] { return present_.tombstoneTtl(id_).has_value(); }, seconds(10)));
}

/// So that whoever revokes meanwhile is in it, or sees that there was one.
TEST_F(BurialRenewalTest, CountsFromBeforeItLooksAtWhatIsRemembered) {
  std::atomic<std::uint64_t> when_revoking = 0;
  server_.revoking = [&](std::span<SessionRevocation> revocations) {
    when_revoking = queue_.renewals();
    present_.revoke(revocations);
  };
  revoked_.note(id_, seconds(60));
  queue_.renew();
  EXPECT_TRUE(soon([&] { return server_.told == 1; }));
  EXPECT_EQ(when_revoking, 1U);
  EXPECT_EQ(when_renewing_, 0U) << "until then a connection from before may be used";
  EXPECT_EQ(queue_.renewals(), 1U);
}

/// As where a server drops a subscription for the very number of tombstones that it had to tell of.
TEST_F(BurialRenewalTest, WhatTookLongIsNotDoneAgainAtOnceAndNotForgotten) {
  revoked_.note(id_, seconds(60));
  std::vector<SteadyTime> began;
  std::vector<SteadyTime> ended;
  std::atomic<int> times = 0;
  server_.revoking = [&](std::span<SessionRevocation> revocations) {
    began.push_back(SteadyClock::now());
    for (int i = 0; i < 100 && began.size() == 1; ++i) queue_.renew();
    takeLong();
    present_.revoke(revocations);
    ended.push_back(SteadyClock::now());
    ++times;
  };
  queue_.renew();
  ASSERT_TRUE(soon([&] { return times == 2; }));
  EXPECT_TRUE(soon([&] { return server_.told == 2; }));
  EXPECT_GE(began[1] - ended[0], kLong);
}

/// As where the sentinels name another primary, just after a subscription's renewal has taken long. What is put off
/// lets go first what is not, the word of how often everybody was logged out.
TEST_F(BurialRenewalTest, AMoveIsNotPutOffByWhatTookLong) {
  std::vector<int> told_before;
  std::atomic<int> times = 0;
  server_.revoking = [&](std::span<SessionRevocation> revocations) {
    told_before.push_back(server_.told);
    if (told_before.size() == 1) {
      queue_.renewAfterMove();
      takeLong();
    }
    present_.revoke(revocations);
    ++times;
  };
  revoked_.note(id_, seconds(60));
  queue_.renew();
  ASSERT_TRUE(soon([&] { return times == 2 && server_.told == 2; }));
  EXPECT_EQ(told_before, std::vector({0, 1}));
}

}  // namespace
}  // namespace sessiond
