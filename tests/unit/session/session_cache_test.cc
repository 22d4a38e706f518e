#include "session/session_cache.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <string>

#include "support/fake_clock.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

SessionId idOf(const std::string& bytes) {
  return *SessionId::fromBytes(bytes);
}

std::string cookieOf(const std::string& id) {
  return "s%3A" + id + ".c2lnbmF0dXJlAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
}

/// A session whose identity tells the versions of one id apart.
FoundSession sessionOf(const std::string& id, const std::string& version, const std::string& cookie) {
  SessionFacts facts;
  facts.state = CheckStatus::kValid;
  EXPECT_TRUE(facts.identity.add("X-Version", version));
  return {.presence = Presence::kPresent, .session = KnownSession::make(idOf(id), facts, cookie)};
}
FoundSession sessionOf(const std::string& id, const std::string& version = "1") {
  return sessionOf(id, version, cookieOf(id));
}

class SessionCacheTest : public testing::Test {
 protected:
  SessionCacheTest() { trust_.establish(clock_.steadyNow()); }

  SteadyTime now() { return clock_.steadyNow(); }
  SessionCache::Start start(const std::string& id) { return cache_.start(idOf(id), now()); }
  void finish(const std::string& id, const std::shared_ptr<CacheFlight>& flight, const FoundSession& found) {
    cache_.finish(idOf(id), flight, found, cookieOf(id), now());
  }
  void keep(const std::string& id, const FoundSession& found) {
    const SessionCache::Start begun = start(id);
    ASSERT_TRUE(begun.lead);
    finish(id, begun.flight, found);
  }
  bool isKept(const std::string& id) { return cache_.find(cookieOf(id), now()).has_value(); }

  FakeClock clock_;
  CacheTrust trust_{seconds(1)};
  SessionCache cache_{CacheLimits{.max_entries = 6400, .max_bytes = 64 << 20}, trust_};
};

TEST_F(SessionCacheTest, FindsWhatWasLoadedByTheWholeCookie) {
  keep("a", sessionOf("a"));
  const std::optional<FoundSession> found = cache_.find(cookieOf("a"), now());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->presence, Presence::kPresent);
  EXPECT_EQ(found->session->idBytes(), "a");

  std::string forged = cookieOf("a");
  forged.back() = 'B';
  EXPECT_FALSE(cache_.find(forged, now()));
  EXPECT_FALSE(cache_.find(cookieOf("a") + "A", now()));
  EXPECT_FALSE(cache_.find("s:a.c2lnbmF0dXJlAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", now()));
}

TEST_F(SessionCacheTest, FindsNothingInWhatIsNoSignedCookie) {
  keep("a", sessionOf("a"));
  for (const char* cookie : {"", "s", "s:", "s%3A", "s%3A.", ".", "a.b", "s:a", "s%3Aa%2E.x", "j%3Aa.b"}) {
    EXPECT_FALSE(cache_.find(cookie, now())) << cookie;
  }
}

TEST_F(SessionCacheTest, AnEntryWithoutACookieIsFoundByIdOnly) {
  const SessionCache::Start begun = start("a");
  cache_.finish(idOf("a"), begun.flight, sessionOf("a", "1", ""), "", now());
  EXPECT_FALSE(cache_.find("", now()));
  EXPECT_FALSE(isKept("a"));
  EXPECT_TRUE(start("a").found);
}

TEST_F(SessionCacheTest, KeepsWhatIsCertainAndNotWhatNobodyKnows) {
  keep("unknown", {.presence = Presence::kUnknown});
  keep("revoked", {.presence = Presence::kRevoked});
  keep("down", {.presence = Presence::kUnavailable});
  EXPECT_EQ(cache_.find(cookieOf("unknown"), now())->presence, Presence::kUnknown);
  EXPECT_EQ(cache_.find(cookieOf("revoked"), now())->presence, Presence::kRevoked);
  EXPECT_FALSE(isKept("down"));
  EXPECT_TRUE(start("down").lead);
}

TEST_F(SessionCacheTest, AnInvalidationBeforeTheAnswerMeansThatItIsNotKept) {
  const SessionCache::Start begun = start("a");
  cache_.invalidate("a");
  finish("a", begun.flight, sessionOf("a"));
  EXPECT_FALSE(isKept("a"));
  EXPECT_FALSE(begun.flight->wait(milliseconds(0)));
}

TEST_F(SessionCacheTest, AnInvalidationAfterTheAnswerForgetsIt) {
  keep("a", sessionOf("a"));
  cache_.invalidate("a");
  EXPECT_FALSE(isKept("a"));
}

TEST_F(SessionCacheTest, AnInvalidationBeforeTheLoadHindersNothing) {
  cache_.invalidate("a");
  keep("a", sessionOf("a"));
  EXPECT_TRUE(isKept("a"));
}

TEST_F(SessionCacheTest, AnOlderFlightDoesNotOverwriteANewerOne) {
  const SessionCache::Start old_flight = start("a");
  cache_.invalidate("a");
  const SessionCache::Start new_flight = start("a");
  ASSERT_TRUE(new_flight.lead);
  finish("a", new_flight.flight, sessionOf("a", "new"));
  finish("a", old_flight.flight, sessionOf("a", "old"));
  EXPECT_EQ(cache_.find(cookieOf("a"), now())->session->identity().text(), "X-Version: new\r\n");
}

TEST_F(SessionCacheTest, AnInvalidationOfAnotherSessionHindersNothing) {
  const SessionCache::Start begun = start("a");
  cache_.invalidate("b");
  finish("a", begun.flight, sessionOf("a"));
  EXPECT_TRUE(isKept("a"));
}

TEST_F(SessionCacheTest, InvalidateAllForgetsSessionsAndPlaceHolders) {
  keep("a", sessionOf("a"));
  const SessionCache::Start begun = start("b");
  cache_.invalidateAll();
  finish("b", begun.flight, sessionOf("b"));
  EXPECT_FALSE(isKept("a"));
  EXPECT_FALSE(isKept("b"));
  EXPECT_EQ(cache_.size().entries, 0U);
  EXPECT_EQ(cache_.size().bytes, 0U);
}

TEST_F(SessionCacheTest, ConcurrentLoadsOfOneSessionAreOneFlight) {
  const SessionCache::Start lead = start("a");
  const SessionCache::Start follower = start("a");
  EXPECT_TRUE(lead.lead);
  EXPECT_FALSE(follower.lead);
  EXPECT_EQ(follower.flight, lead.flight);
  finish("a", lead.flight, sessionOf("a"));
  EXPECT_EQ(follower.flight->wait(milliseconds(0))->presence, Presence::kPresent);
  EXPECT_TRUE(start("a").found);
}

TEST_F(SessionCacheTest, FollowersShareTheNewsThatTheStoreIsDown) {
  const SessionCache::Start lead = start("a");
  const SessionCache::Start follower = start("a");
  finish("a", lead.flight, {.presence = Presence::kUnavailable});
  EXPECT_EQ(follower.flight->wait(milliseconds(0))->presence, Presence::kUnavailable);
}

TEST_F(SessionCacheTest, FindsAndKeepsNothingWhileTrustDoesNotHold) {
  keep("a", sessionOf("a"));
  clock_.advance(milliseconds(1001));
  EXPECT_FALSE(isKept("a"));
  const SessionCache::Start begun = start("a");
  EXPECT_FALSE(begun.found);
  EXPECT_FALSE(begun.flight);
  EXPECT_FALSE(begun.lead);
}

TEST_F(SessionCacheTest, AProofAfterASilenceMakesTheSameSubscriptionBelievedAgain) {
  keep("a", sessionOf("a"));
  clock_.advance(seconds(5));
  EXPECT_FALSE(isKept("a"));
  trust_.prove(now());
  EXPECT_TRUE(isKept("a"));
}

TEST_F(SessionCacheTest, ANewSubscriptionBelievesNothingOfTheOldOne) {
  keep("a", sessionOf("a"));
  trust_.withdraw();
  EXPECT_FALSE(isKept("a"));
  trust_.establish(now());
  EXPECT_FALSE(isKept("a"));
  EXPECT_TRUE(start("a").lead);
}

TEST_F(SessionCacheTest, AnAnswerOfAnotherEpochIsNotKept) {
  const SessionCache::Start begun = start("a");
  trust_.withdraw();
  trust_.establish(now());
  finish("a", begun.flight, sessionOf("a"));
  EXPECT_FALSE(isKept("a"));
  EXPECT_FALSE(begun.flight->wait(milliseconds(0)));
}

TEST_F(SessionCacheTest, KeepsASessionNoLongerThanItsKeyHadToLive) {
  trust_.prove(now() + seconds(100));
  FoundSession found = sessionOf("a");
  found.ttl = milliseconds(500);
  const SteadyTime asked = now();
  const SessionCache::Start begun = start("a");
  clock_.advance(milliseconds(200));
  cache_.finish(idOf("a"), begun.flight, found, cookieOf("a"), asked);
  clock_.advance(milliseconds(299));
  EXPECT_TRUE(isKept("a"));
  clock_.advance(milliseconds(1));
  EXPECT_FALSE(isKept("a"));
  EXPECT_TRUE(start("a").lead);
}

TEST_F(SessionCacheTest, TheLeastRecentlyUsedGoesFirst) {
  SessionCache small(CacheLimits{.max_entries = 64 * 2, .max_bytes = 64 << 20}, trust_);
  const auto keepIn = [&](const std::string& id) {
    const SessionCache::Start begun = small.start(idOf(id), now());
    small.finish(idOf(id), begun.flight, sessionOf(id), cookieOf(id), now());
  };
  keepIn("used");
  for (int i = 0; i < 2000; ++i) {
    keepIn("other-" + std::to_string(i));
    ASSERT_TRUE(small.find(cookieOf("used"), now())) << i;
  }
  EXPECT_LE(small.size().entries, 128U);
  EXPECT_GE(small.size().evictions, 1800U);
}

TEST_F(SessionCacheTest, IsBoundedByBytes) {
  SessionCache small(CacheLimits{.max_entries = 1'000'000, .max_bytes = 64 * 4096}, trust_);
  for (int i = 0; i < 2000; ++i) {
    const std::string id = "session-" + std::to_string(i);
    const SessionCache::Start begun = small.start(idOf(id), now());
    small.finish(idOf(id), begun.flight, sessionOf(id, std::string(300, 'x')), cookieOf(id), now());
  }
  EXPECT_LE(small.size().bytes, 64U * 4096U);
  EXPECT_GT(small.size().entries, 100U);
  small.invalidateAll();
  EXPECT_EQ(small.size().bytes, 0U);
}

TEST_F(SessionCacheTest, ASessionThatIsForgottenLivesOnForTheChecksThatHaveIt) {
  keep("a", sessionOf("a"));
  const std::optional<FoundSession> used = cache_.find(cookieOf("a"), now());
  cache_.invalidate("a");
  EXPECT_EQ(used->session->identity().text(), "X-Version: 1\r\n");
}

TEST_F(SessionCacheTest, CountsWhatItTakesFromTheHeap) {
  constexpr std::size_t kSessions = 10000;
  SessionCache large(CacheLimits{.max_entries = 1'000'000, .max_bytes = std::size_t{1} << 30}, trust_);
  const std::string text(300, 'x');
  const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  for (std::size_t i = 0; i < kSessions; ++i) {
    const std::string id = "a session's id of 32 bytes " + std::to_string(10000 + i);
    const SessionCache::Start begun = large.start(idOf(id), now());
    large.finish(idOf(id), begun.flight, sessionOf(id, text), cookieOf(id), now());
  }
  const std::size_t taken = mallinfo2().uordblks + mallinfo2().hblkhd - before;
  ASSERT_EQ(large.size().entries, kSessions);
  if (taken == 0) return;  // a sanitizer's malloc does not tell
  EXPECT_NEAR(static_cast<double>(large.size().bytes), static_cast<double>(taken), 0.05 * static_cast<double>(taken));
}

TEST_F(SessionCacheTest, CountsNothingOnceEverythingIsForgotten) {
  for (int i = 0; i < 100; ++i) keep("session-" + std::to_string(i), sessionOf("session-" + std::to_string(i)));
  keep("unknown", {.presence = Presence::kUnknown});
  EXPECT_EQ(cache_.size().entries, 101U);
  for (int i = 0; i < 100; ++i) cache_.invalidate("session-" + std::to_string(i));
  cache_.invalidate("unknown");
  EXPECT_EQ(cache_.size().entries, 0U);
  // Its empty tables, for the next sessions.
  EXPECT_LT(cache_.size().bytes, 101U * 1024U + 64U * 4096U);
  cache_.invalidateAll();
  EXPECT_EQ(cache_.size().bytes, 0U);
}

}  // namespace
}  // namespace sessiond
