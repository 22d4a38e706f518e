// What the cache has been good for, by which it is judged whether to be told of changes is worth it.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "session/session_cache.h"
#include "support/fake_clock.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

class SessionCacheUse : public testing::Test {
 protected:
  using Counts = std::vector<std::uint64_t>;

  SessionCacheUse() { trust_.prove(trust_.beginEra(), clock_.steadyNow()); }

  void load(const std::string& id) {
    const SessionCache::Note note = cache_.note(idOf(id), clock_.steadyNow());
    FoundSession found{.absence = {}, .session = KnownSession::make(idOf(id), SessionFacts(), "")};
    if (note.wants_ttl) found.ends = SteadyTime::max();
    cache_.keep(idOf(id), note, found, "", true, clock_.steadyNow());
  }
  bool finds(const std::string& id) { return cache_.find(idOf(id), clock_.steadyNow()).has_value(); }
  void invalidate(const std::string& id) { cache_.invalidate(id, clock_.steadyNow()); }
  /// Told, unused, found, spoilt, absent.
  Counts use() const {
    const SessionCache::Use now_is = cache_.size().use;
    return {now_is.told, now_is.unused, now_is.found, now_is.spoilt, now_is.absent};
  }

  FakeClock clock_;
  CacheTrust trust_{std::chrono::seconds(1)};
  SessionCache cache_{CacheLimits{.max_entries = 6400, .max_bytes = 1 << 20}, trust_};
};

TEST_F(SessionCacheUse, TellsWhatWasToldOfBeforeItWasFoundFromWhatWasOfUse) {
  load("a");
  load("b");
  EXPECT_EQ(use(), Counts({0, 0, 0, 0, 2}));
  invalidate("a");
  EXPECT_EQ(use(), Counts({1, 1, 0, 0, 2})) << "told of before it was found";
  EXPECT_FALSE(finds("a"));
  load("a");
  EXPECT_EQ(use(), Counts({1, 1, 0, 1, 2}));
  EXPECT_TRUE(finds("b"));
  invalidate("b");
  invalidate("b");
  invalidate("who?");
  EXPECT_EQ(use(), Counts({4, 1, 1, 1, 2})) << "it was of use";
  load("a");
  EXPECT_EQ(use(), Counts({4, 1, 1, 1, 3})) << "not told of since";
}

}  // namespace
}  // namespace sessiond
