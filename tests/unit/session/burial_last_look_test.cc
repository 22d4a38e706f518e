// Before BurialQueue forgets what was revoked, it looks for copies once more: for each, however many there are.

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <utility>

#include "base/secret.h"
#include "session/burial_queue.h"
#include "support/fake_clock.h"
#include "support/session_ids.h"
#include "support/soon.h"

namespace sessiond {
namespace {

/// Holds nothing. Takes five minutes for the first look, after which what was to be forgotten is.
class SlowStore final : public SessionStore {
 public:
  explicit SlowStore(FakeClock& clock) : clock_(clock) {}

  void load(std::span<SessionLoad> loads) override {
    if (looks == 0) clock_.advance(RevokedSessions::kLastLook);
    for (SessionLoad& load : loads) load.result = StoredSession();
    looks += loads.size();
  }
  Expected<void, StoreError> create(const SessionId&, std::string_view, std::chrono::seconds) override { return {}; }
  Expected<ReplaceOutcome, StoreError> replace(const SessionId&, std::string_view, std::string_view) override {
    return ReplaceOutcome::kReplaced;
  }
  void revoke(std::span<SessionRevocation>) override {}
  Expected<std::uint64_t, StoreError> raiseEpoch(std::uint64_t at_least) override { return at_least; }

  std::atomic<std::size_t> looks = 0;

 private:
  FakeClock& clock_;
};

TEST(BurialLastLook, LooksForCopiesOfAllHoweverLongThatTakes) {
  constexpr std::size_t kMany = 2 * BurialQueue::kMaxWaiting + 1;
  FakeClock clock;
  MetricsRegistry metrics;
  RevokedSessions revoked(clock, metrics);
  const HmacKey log_names{Secret(std::string("key for the names in logs"))};
  for (std::size_t i = 0; i < kMany; ++i) revoked.note(idOf(std::to_string(i)), std::chrono::hours(24));
  clock.advance(RevokedSessions::kMemory - RevokedSessions::kLastLook);
  SlowStore store(clock);
  const BurialQueue queue(store, store, revoked, log_names, metrics, {}, std::chrono::milliseconds(1));
  EXPECT_TRUE(soon([&] { return store.looks == kMany; }, std::chrono::seconds(10)));
}

}  // namespace
}  // namespace sessiond
