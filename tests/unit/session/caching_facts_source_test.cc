#include "session/caching_facts_source.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "support/fake_clock.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

SessionId idOf(const std::string& bytes) {
  return *SessionId::fromBytes(bytes);
}

/// Every session is there; notes what it was asked for, and does what a test wants done in the middle of a load.
class CountingSource final : public FactsSource {
 public:
  std::optional<FoundSession> peek(std::string_view, SteadyTime) override { return std::nullopt; }
  std::optional<FoundSession> peek(const SessionId&, SteadyTime) override { return std::nullopt; }
  void load(std::span<FactsLoad> loads) override {
    ++round_trips;
    sessions += static_cast<int>(loads.size());
    known = loads.front().known;
    wants_ttl = loads.front().wants_ttl;
    if (meanwhile) meanwhile();
    for (FactsLoad& load : loads) {
      load.found = {.presence = Presence::kPresent,
                    .session = KnownSession::make(*load.id, SessionFacts(), load.cookie)};
      if (load.wants_ttl) load.found.ttl = seconds(100);
    }
  }

  std::function<void()> meanwhile;
  std::atomic<int> round_trips = 0;
  std::atomic<int> sessions = 0;
  SessionRef known;
  bool wants_ttl = false;
};

class CachingFactsSourceTest : public testing::Test {
 protected:
  CachingFactsSourceTest() { trust_.prove(trust_.beginEpoch(), clock_.steadyNow()); }

  FoundSession load(const std::string& name) {
    const SessionId id = idOf(name);
    const std::string cookie = "s:" + name + ".sig";
    FactsLoad one{.id = &id, .cookie = cookie};
    caching_.load(std::span(&one, 1));
    return one.found;
  }

  FakeClock clock_;
  CacheTrust trust_{seconds(1)};
  SessionCache cache_{CacheLimits{}, trust_};
  CountingSource redis_;
  MetricsRegistry metrics_;
  CachingFactsSource caching_{redis_, cache_, clock_, metrics_};
};

TEST_F(CachingFactsSourceTest, AsksOnceAndThenPeeks) {
  EXPECT_FALSE(caching_.peek("s:a.sig", clock_.steadyNow()));
  EXPECT_EQ(load("a").presence, Presence::kPresent);
  EXPECT_TRUE(caching_.peek("s:a.sig", clock_.steadyNow()));
  EXPECT_TRUE(caching_.peek(idOf("a"), clock_.steadyNow()));
  EXPECT_EQ(redis_.sessions, 1);
  EXPECT_EQ(metrics_.counter("sessiond_cache_hits_total", "").read(), 2U);
  EXPECT_EQ(metrics_.counter("sessiond_cache_misses_total", "").read(), 1U);
}

TEST_F(CachingFactsSourceTest, ShowsHowMuchItKeepsWhenItIsMeasured) {
  load("a");
  load("b");
  caching_.measure();
  EXPECT_EQ(metrics_.gauge("sessiond_cache_entries", "").read(), 2);
  EXPECT_EQ(metrics_.gauge("sessiond_cache_bytes", "").read(), static_cast<std::int64_t>(cache_.size().bytes));
  EXPECT_GT(metrics_.gauge("sessiond_cache_bytes", "").read(), 0);
  EXPECT_EQ(metrics_.gauge("sessiond_cache_evictions", "").read(), 0);
}

TEST_F(CachingFactsSourceTest, TheSameSessionTwiceInABatchIsAskedForOnce) {
  const SessionId a = idOf("a");
  const SessionId b = idOf("b");
  std::vector<FactsLoad> loads = {{.id = &a}, {.id = &b}, {.id = &a}};
  caching_.load(loads);
  EXPECT_EQ(redis_.round_trips, 1);
  EXPECT_EQ(redis_.sessions, 2);
  for (const FactsLoad& one : loads) EXPECT_EQ(one.found.presence, Presence::kPresent);
  EXPECT_EQ(metrics_.counter("sessiond_cache_misses_total", "").read(), 2U);
  EXPECT_EQ(metrics_.counter("sessiond_cache_joined_total", "").read(), 1U) << "every wish is counted somewhere";
}

TEST_F(CachingFactsSourceTest, ALoadThatAnInvalidationOvertookIsNotKept) {
  redis_.meanwhile = [this] { cache_.invalidate("a", clock_.steadyNow()); };
  EXPECT_EQ(load("a").presence, Presence::kPresent);
  EXPECT_FALSE(caching_.peek("s:a.sig", clock_.steadyNow()));
}

TEST_F(CachingFactsSourceTest, EveryLoadAsksWhileNothingCanBeTrusted) {
  trust_.distrust();
  load("a");
  load("a");
  EXPECT_EQ(redis_.sessions, 2);
  EXPECT_FALSE(caching_.peek("s:a.sig", clock_.steadyNow()));
}

TEST_F(CachingFactsSourceTest, TellsTheSourceWhatIsKnownAlready) {
  const FoundSession before = load("a");
  cache_.invalidate("a", clock_.steadyNow());
  redis_.meanwhile = [&] {
    EXPECT_EQ(redis_.known, before.session);
    EXPECT_FALSE(redis_.wants_ttl) << "it was invalidated before it was of use";
  };
  load("a");
  EXPECT_EQ(redis_.sessions, 2);
}

}  // namespace
}  // namespace sessiond
