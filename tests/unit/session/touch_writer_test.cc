#include "session/touch_writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>

#include "support/fake_clock.h"

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

/// Notes what is touched; fails when told to.
class TouchedStore final : public SessionStore {
 public:
  void load(std::span<SessionLoad>) override {}
  Expected<void, StoreError> touch(std::span<const SessionTouch> touches) override {
    if (down) return Unexpected(StoreError::kUnavailable);
    ++round_trips;
    for (const SessionTouch& touch : touches) touched[touch.id.bytes()] = touch.ttl;
    return {};
  }
  Expected<void, StoreError> create(const SessionId&, std::string_view, seconds) override { return {}; }
  Expected<ReplaceOutcome, StoreError> replace(const SessionId&, std::string_view, std::string_view) override {
    return ReplaceOutcome::kReplaced;
  }
  void revoke(std::span<SessionRevocation>) override {}

  std::atomic<bool> down = false;
  int round_trips = 0;                     // read after the writer has ended
  std::map<std::string, seconds> touched;  // likewise
};

SessionId idOf(const std::string& bytes) {
  return *SessionId::fromBytes(bytes);
}

TEST(TouchWriter, SendsWhatWasAddedAtTheLatestWhenItEnds) {
  TouchedStore store;
  TouchThrottle throttle(seconds(60));
  MetricsRegistry metrics;
  {
    TouchWriter writer(store, throttle, metrics);
    writer.add({idOf("a"), seconds(10)});
    writer.add({idOf("b"), hours(24)});
  }
  EXPECT_EQ(store.touched, (std::map<std::string, seconds>{{"a", seconds(10)}, {"b", hours(24)}}));
  EXPECT_EQ(metrics.counter("sessiond_touches_total", "").read(), 2U);
}

TEST(TouchWriter, SendsManyInFewRoundTrips) {
  TouchedStore store;
  TouchThrottle throttle(seconds(60));
  MetricsRegistry metrics;
  {
    TouchWriter writer(store, throttle, metrics);
    for (int i = 0; i < 2000; ++i) writer.add({idOf(std::to_string(i)), seconds(10)});
  }
  EXPECT_EQ(store.touched.size(), 2000U);
  EXPECT_LT(store.round_trips, 100);
}

TEST(TouchWriter, ATouchThatFailedIsDueAgain) {
  TouchedStore store;
  store.down = true;
  FakeClock clock;
  TouchThrottle throttle(seconds(60));
  MetricsRegistry metrics;
  ASSERT_TRUE(throttle.due("a", hours(24), clock.steadyNow()));
  {
    TouchWriter writer(store, throttle, metrics);
    writer.add({idOf("a"), hours(24)});
  }
  EXPECT_EQ(metrics.counter("sessiond_touch_failures_total", "").read(), 1U);
  EXPECT_TRUE(throttle.due("a", hours(24), clock.steadyNow()));
}

}  // namespace
}  // namespace sessiond
