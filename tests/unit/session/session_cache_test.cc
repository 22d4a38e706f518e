#include "session/session_cache.h"

#include <gtest/gtest.h>

#include <string>

#include "support/fake_clock.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string cookieOf(const std::string& id) {
  return "s%3A" + id + ".c2lnbmF0dXJlAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
}

/// A session whose identity tells the versions of one id apart.
FoundSession sessionOf(const std::string& id, const std::string& version, const std::string& cookie) {
  SessionFacts facts;
  facts.state = CheckStatus::kValid;
  EXPECT_TRUE(facts.identity.add("X-Version", version));
  return {.absence = {}, .session = KnownSession::make(idOf(id), facts, cookie), .ends = SteadyTime::max()};
}
FoundSession sessionOf(const std::string& id, const std::string& version = "1") {
  return sessionOf(id, version, cookieOf(id));
}

class SessionCacheTest : public testing::Test {
 protected:
  using Note = SessionCache::Note;

  SessionCacheTest() { subscribe(); }

  void subscribe() { trust_.prove(trust_.beginEra(), now()); }
  void prove() { trust_.prove(trust_.era(), now()); }
  SteadyTime now() { return clock_.steadyNow(); }
  Note note(const std::string& id) { return cache_.note(idOf(id), now()); }
  void keep(const std::string& id, const Note& note, const FoundSession& found, bool tracked = true) {
    cache_.keep(idOf(id), note, found, cookieOf(id), tracked, now());
  }
  /// A whole load, with nothing going on meanwhile.
  void load(const std::string& id, FoundSession found) {
    const Note noted = note(id);
    if (!noted.wants_ttl) found.ends.reset();
    keep(id, noted, found);
  }
  void load(const std::string& id) { load(id, sessionOf(id)); }
  void invalidate(const std::string& id) { cache_.invalidate(id, now()); }
  bool isFresh(const std::string& id) { return cache_.recognize(cookieOf(id), now()).found.has_value(); }

  FakeClock clock_;
  CacheTrust trust_{seconds(1)};
  SessionCache cache_{CacheLimits{.max_entries = 6400, .max_bytes = 64 << 20}, trust_};
};

TEST_F(SessionCacheTest, FindsWhatWasLoadedByTheWholeCookie) {
  load("a");
  const std::optional<FoundSession> found = cache_.recognize(cookieOf("a"), now()).found;
  ASSERT_TRUE(found);
  EXPECT_EQ(found->absence, std::nullopt);
  EXPECT_EQ(found->session->idBytes(), "a");

  std::string forged = cookieOf("a");
  forged.back() = 'B';
  EXPECT_FALSE(cache_.recognize(forged, now()).found);
  EXPECT_FALSE(cache_.recognize(cookieOf("a") + "A", now()).found);
  EXPECT_FALSE(cache_.recognize("s:a.c2lnbmF0dXJlAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", now()).found);
}

TEST_F(SessionCacheTest, RecognizesTheCookieOfWhatIsNotFreshAnyMore) {
  load("a");
  EXPECT_FALSE(cache_.recognize(cookieOf("a"), now()).known) << "it is found";
  invalidate("a");
  const SessionCache::Recognized recognized = cache_.recognize(cookieOf("a"), now());
  EXPECT_FALSE(recognized.found);
  ASSERT_TRUE(recognized.known);
  EXPECT_EQ(recognized.known->idBytes(), "a");

  std::string forged = cookieOf("a");
  forged.back() = 'B';
  EXPECT_FALSE(cache_.recognize(forged, now()).known);
  EXPECT_FALSE(cache_.recognize("s:a.c2lnbmF0dXJlAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", now()).known);
  keep("b", note("b"), sessionOf("b", "1", ""), false);
  EXPECT_FALSE(cache_.recognize("", now()).known);
  EXPECT_FALSE(cache_.recognize(cookieOf("b"), now()).known) << "nobody has verified it by the newest secret";
}

TEST_F(SessionCacheTest, FindsNothingInWhatIsNoSignedCookie) {
  load("a");
  for (const char* cookie : {"", "s", "s:", "s%3A", "s%3A.", ".", "a.b", "s:a", "s%3Aa%2E.x", "j%3Aa.b"}) {
    EXPECT_FALSE(cache_.recognize(cookie, now()).found) << cookie;
  }
}

TEST_F(SessionCacheTest, AnEntryWithoutACookieIsFoundByIdOnly) {
  keep("a", note("a"), sessionOf("a", "1", ""));
  EXPECT_FALSE(cache_.recognize("", now()).found);
  EXPECT_FALSE(isFresh("a"));
  EXPECT_TRUE(cache_.find(idOf("a"), now()));
  EXPECT_FALSE(cache_.find(idOf("b"), now()));
}

TEST_F(SessionCacheTest, KeepsWhatIsCertainAndNotWhatNobodyKnows) {
  load("unknown", {.absence = CheckStatus::kUnknown});
  load("revoked", {.absence = CheckStatus::kRevoked});
  load("down", {.absence = CheckStatus::kUnavailable});
  EXPECT_EQ(cache_.recognize(cookieOf("unknown"), now()).found->absence, CheckStatus::kUnknown);
  EXPECT_EQ(cache_.recognize(cookieOf("revoked"), now()).found->absence, CheckStatus::kRevoked);
  EXPECT_FALSE(cache_.recognize(cookieOf("revoked"), now()).found->session);
  EXPECT_FALSE(isFresh("down"));
  load("unknown", {.absence = CheckStatus::kUnavailable});
  EXPECT_TRUE(isFresh("unknown")) << "no answer is no news";
}

TEST_F(SessionCacheTest, AnInvalidationBetweenNoteAndAnswerMeansThatItIsNotFresh) {
  const Note noted = note("a");
  invalidate("a");
  keep("a", noted, sessionOf("a"));
  EXPECT_FALSE(isFresh("a"));
}

TEST_F(SessionCacheTest, AnInvalidationAfterTheAnswerMarksIt) {
  load("a");
  invalidate("a");
  EXPECT_FALSE(isFresh("a"));
  EXPECT_FALSE(cache_.find(idOf("a"), now()));
}

TEST_F(SessionCacheTest, AnInvalidationBeforeTheNoteHindersNothing) {
  invalidate("a");
  load("a");
  EXPECT_TRUE(isFresh("a"));
}

TEST_F(SessionCacheTest, AnAnswerDoesNotReplaceOneThatWasAskedForLater) {
  const Note older = note("a");
  clock_.advance(milliseconds(1));
  const Note newer = note("a");
  keep("a", newer, sessionOf("a", "new"));
  keep("a", older, sessionOf("a", "old"));
  EXPECT_EQ(cache_.recognize(cookieOf("a"), now()).found->session->identity().text(), "X-Version: new\r\n");
}

TEST_F(SessionCacheTest, AnOlderAnswerDoesNotReviveWhatANewerOneSaidIsGone) {
  const Note older = note("a");
  clock_.advance(milliseconds(1));
  keep("a", note("a"), {.absence = CheckStatus::kRevoked});
  keep("a", older, sessionOf("a"));
  EXPECT_EQ(cache_.recognize(cookieOf("a"), now()).found->absence, CheckStatus::kRevoked);
}

TEST_F(SessionCacheTest, InvalidationsOfOtherSessionsHinderHardlyAny) {
  int hindered = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string id = "a" + std::to_string(i);
    const Note noted = note(id);
    invalidate("b" + std::to_string(i));
    keep(id, noted, sessionOf(id));
    if (!isFresh(id)) ++hindered;
  }
  EXPECT_LT(hindered, 5);
}

TEST_F(SessionCacheTest, DistrustBelievesNothingThatWasThereOrUnderWay) {
  load("a");
  const Note noted = note("b");
  trust_.distrust();
  prove();
  keep("b", noted, sessionOf("b"));
  EXPECT_FALSE(isFresh("a"));
  EXPECT_FALSE(isFresh("b"));
}

TEST_F(SessionCacheTest, ALoadIsJoinedWhileTrustHoldsAndNothingWasTold) {
  const Note noted = note("a");
  EXPECT_TRUE(cache_.mayJoin(idOf("a"), noted, now()));
  clock_.advance(milliseconds(1001));
  EXPECT_FALSE(cache_.mayJoin(idOf("a"), noted, now())) << "what was acknowledged meanwhile would be told of too late";
  prove();
  const Note told = note("a");
  EXPECT_TRUE(cache_.mayJoin(idOf("a"), told, now()));
  invalidate("a");
  EXPECT_FALSE(cache_.mayJoin(idOf("a"), told, now()));
  const Note again = note("a");
  EXPECT_TRUE(cache_.mayJoin(idOf("a"), again, now()));
  trust_.beginEra();
  EXPECT_FALSE(cache_.mayJoin(idOf("a"), again, now()));
  prove();
  EXPECT_FALSE(cache_.mayJoin(idOf("a"), again, now())) << "of another era";
}

TEST_F(SessionCacheTest, FindsAndKeepsNothingFreshWhileTrustDoesNotHold) {
  load("a");
  clock_.advance(milliseconds(1001));
  EXPECT_FALSE(isFresh("a"));
  load("b");
  EXPECT_FALSE(isFresh("b"));
  prove();
  EXPECT_FALSE(isFresh("b")) << "its remaining life was not asked for";
}

TEST_F(SessionCacheTest, AProofAfterASilenceMakesTheSameSubscriptionBelievedAgain) {
  load("a");
  clock_.advance(seconds(5));
  EXPECT_FALSE(isFresh("a"));
  prove();
  EXPECT_TRUE(isFresh("a"));
}

TEST_F(SessionCacheTest, ALostSubscriptionIsBelievedUntilItsLastProofIsTooOld) {
  load("a");
  clock_.advance(milliseconds(500));
  trust_.beginEra();
  EXPECT_TRUE(isFresh("a")) << "as if the server had fallen silent";
  load("loaded meanwhile");
  EXPECT_FALSE(isFresh("loaded meanwhile"));
  subscribe();
  clock_.advance(milliseconds(500));
  EXPECT_TRUE(isFresh("a"));
  clock_.advance(milliseconds(1));
  prove();
  EXPECT_FALSE(isFresh("a")) << "what was told in between is known to nobody";
}

TEST_F(SessionCacheTest, WhatIsInvalidatedIsNotBelievedInAnyEra) {
  load("a");
  trust_.beginEra();
  invalidate("a");
  EXPECT_FALSE(isFresh("a"));
  subscribe();
  EXPECT_FALSE(isFresh("a"));
}

TEST_F(SessionCacheTest, AnAnswerOfAnotherEraIsNotFresh) {
  const Note noted = note("a");
  trust_.beginEra();
  subscribe();
  keep("a", noted, sessionOf("a"));
  EXPECT_FALSE(isFresh("a"));
}

TEST_F(SessionCacheTest, AnAnswerOfAConnectionThatIsNotTrackedIsNotFresh) {
  keep("a", note("a"), sessionOf("a"), false);
  EXPECT_FALSE(isFresh("a"));
  EXPECT_TRUE(note("a").known) << "but what its text means is known";
}

TEST_F(SessionCacheTest, IsFreshNoLongerThanItsKeyHadToLive) {
  trust_.prove(trust_.era(), now() + seconds(100));
  FoundSession found = sessionOf("a");
  found.ends = now() + milliseconds(500);
  const Note noted = note("a");
  clock_.advance(milliseconds(200));
  keep("a", noted, found);
  clock_.advance(milliseconds(299));
  EXPECT_TRUE(isFresh("a"));
  clock_.advance(milliseconds(1));
  EXPECT_FALSE(isFresh("a")) << "counted from before it was asked for";
}

TEST_F(SessionCacheTest, SaysWhenTheKeyOfWhatIsFoundEnds) {
  FoundSession found = sessionOf("a");
  load("a", found);
  EXPECT_EQ(cache_.recognize(cookieOf("a"), now()).found->ends, SteadyTime::max());
  clock_.advance(milliseconds(1));
  found.ends = now() + seconds(7);
  load("a", found);
  EXPECT_EQ(cache_.find(idOf("a"), now())->ends, found.ends);
}

TEST_F(SessionCacheTest, NothingIsFreshWithoutItsRemainingLife) {
  FoundSession found = sessionOf("a");
  found.ends.reset();
  keep("a", note("a"), found);
  EXPECT_FALSE(isFresh("a"));
  found.ends = now();
  load("b", found);
  EXPECT_FALSE(isFresh("b")) << "its last millisecond is no endless life";
}

TEST_F(SessionCacheTest, NothingIsFreshForMoreThanAMinuteAndNotAllEndAtOnce) {
  const auto countFresh = [this] {
    int fresh = 0;
    for (int i = 0; i < 100; ++i) fresh += isFresh("s" + std::to_string(i)) ? 1 : 0;
    return fresh;
  };
  for (int i = 0; i < 100; ++i) load("s" + std::to_string(i));
  clock_.advance(SessionCache::kGreatestAge * 3 / 4);
  prove();
  EXPECT_EQ(countFresh(), 100);
  clock_.advance(SessionCache::kGreatestAge / 8);
  prove();
  EXPECT_GT(countFresh(), 10);
  EXPECT_LT(countFresh(), 90);
  clock_.advance(SessionCache::kGreatestAge / 8);
  prove();
  EXPECT_EQ(countFresh(), 0);
}

TEST_F(SessionCacheTest, RemembersWhatASessionWasWhateverBecomesOfItsFreshness) {
  EXPECT_FALSE(note("a").known);
  const FoundSession found = sessionOf("a");
  load("a", found);
  EXPECT_EQ(note("a").known, found.session);
  invalidate("a");
  EXPECT_EQ(note("a").known, found.session);
  trust_.distrust();
  EXPECT_EQ(note("a").known, found.session);
  EXPECT_FALSE(note("b").known);
}

TEST_F(SessionCacheTest, AsksForTheRemainingLifeOnlyWhereAnAnswerCanBeFresh) {
  EXPECT_TRUE(note("a").wants_ttl);
  clock_.advance(milliseconds(1001));
  EXPECT_FALSE(note("a").wants_ttl) << "nothing is believed now";
}

TEST_F(SessionCacheTest, AsksForNoMoreThanWithoutACacheWhereEveryRequestWrites) {
  load("a");
  for (int request = 0; request < 50; ++request) {
    invalidate("a");
    clock_.advance(milliseconds(100));
    prove();
    EXPECT_FALSE(note("a").wants_ttl) << request;
    load("a");
    EXPECT_FALSE(isFresh("a"));
  }
}

TEST_F(SessionCacheTest, AsksForTheRemainingLifeAgainOnceASessionHasBeenLeftAlone) {
  load("a");
  invalidate("a");
  load("a");
  clock_.advance(milliseconds(999));
  prove();
  EXPECT_FALSE(note("a").wants_ttl);
  load("a");
  clock_.advance(milliseconds(1));
  EXPECT_TRUE(note("a").wants_ttl) << "from the last invalidation, not from the last load";
  load("a");
  EXPECT_TRUE(isFresh("a"));
}

TEST_F(SessionCacheTest, AnEntryThatWasOfUseIsFreshAgainAtItsNextLoad) {
  load("a");
  EXPECT_TRUE(isFresh("a"));
  invalidate("a");
  EXPECT_TRUE(note("a").wants_ttl);
  load("a");
  EXPECT_TRUE(isFresh("a"));
}

TEST_F(SessionCacheTest, AnAnswerThatIsOvertakenMakesWaryToo) {
  const Note noted = note("a");
  invalidate("a");
  keep("a", noted, sessionOf("a"));
  EXPECT_FALSE(note("a").wants_ttl);
}

TEST_F(SessionCacheTest, TheLeastRecentlyUsedGoesFirst) {
  SessionCache small(CacheLimits{.max_entries = 64 * 2, .max_bytes = 64 << 20}, trust_);
  const auto keepIn = [&](const std::string& id) {
    small.keep(idOf(id), small.note(idOf(id), now()), sessionOf(id), cookieOf(id), true, now());
  };
  keepIn("used");
  for (int i = 0; i < 2000; ++i) {
    keepIn("other-" + std::to_string(i));
    ASSERT_TRUE(small.recognize(cookieOf("used"), now()).found) << i;
  }
  EXPECT_LE(small.size().entries, 128U);
  EXPECT_GE(small.size().evictions, 1800U);
}

TEST_F(SessionCacheTest, IsBoundedByBytes) {
  SessionCache small(CacheLimits{.max_entries = 1'000'000, .max_bytes = 64 * 4096}, trust_);
  for (int i = 0; i < 2000; ++i) {
    const std::string id = "session-" + std::to_string(i);
    small.keep(idOf(id), small.note(idOf(id), now()), sessionOf(id, std::string(300, 'x')), cookieOf(id), true, now());
  }
  EXPECT_LE(small.size().bytes, 64U * 4096U);
  EXPECT_GT(small.size().entries, 100U);
}

TEST_F(SessionCacheTest, ASessionThatIsReplacedLivesOnForTheChecksThatHaveIt) {
  load("a");
  const std::optional<FoundSession> used = cache_.recognize(cookieOf("a"), now()).found;
  clock_.advance(milliseconds(1));
  load("a", sessionOf("a", "2"));
  EXPECT_EQ(used->session->identity().text(), "X-Version: 1\r\n");
}

}  // namespace
}  // namespace sessiond
