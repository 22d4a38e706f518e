// What is in memory where several servers share the sessions: each entry is believed on the word of the server that has
// it, and of those that have what it depends on.

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "session/session_cache.h"
#include "support/fake_clock.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Ids and names begin with the number of their realm.
class FakeRealms final : public TrustRealms {
 public:
  const CacheTrust* ofSession(std::string_view id) const override {
    return at(static_cast<CacheTrust::Realm>(id[0] - '0'));
  }
  const CacheTrust* ofUser(std::string_view login) const override { return ofSession(login); }
  const CacheTrust* at(CacheTrust::Realm realm) const override {
    return realm == 1 ? &first : realm == 2 ? &second : nullptr;
  }
  bool knowsEverybody(SteadyTime) const override { return knows; }
  milliseconds maxStaleness() const override { return seconds(1); }

  CacheTrust first{seconds(1), 1};
  CacheTrust second{seconds(1), 2};
  bool knows = true;
};

class SessionCacheRealms : public testing::Test {
 protected:
  SessionCacheRealms() {
    for (CacheTrust* trust : {&realms_.first, &realms_.second}) trust->prove(trust->beginEra(), now());
  }

  SteadyTime now() { return clock_.steadyNow(); }
  SessionRef sessionOf(const std::string& id, std::uint32_t epoch = LoginEpoch::kNone, const std::string& login = "") {
    SessionFacts facts;
    facts.state = CheckStatus::kValid;
    facts.epoch = epoch;
    facts.login = login;
    if (!login.empty()) facts.keeper = UserKeeper::kStore;
    return KnownSession::make(idOf(id), facts, "");
  }
  void keep(const std::string& id, const SessionRef& session, bool tracked = true) {
    SessionCache::Note note = cache_.note(idOf(id), now());
    if (session) cache_.noteKnown(note, session);
    answer(id, note, session, tracked);
  }
  void answer(const std::string& id, const SessionCache::Note& note, const SessionRef& session, bool tracked = true) {
    const FoundSession found{.absence = session ? std::nullopt : std::optional(CheckStatus::kUnknown),
                             .session = session,
                             .ends = now() + seconds(1000)};
    cache_.keep(idOf(id), note, found, "", tracked, now());
  }
  bool has(const std::string& id) { return cache_.find(idOf(id), now()).has_value(); }

  FakeClock clock_;
  FakeRealms realms_;
  SessionCache cache_{CacheLimits{.max_entries = 6400, .max_bytes = 64 << 20}, realms_};
};

TEST_F(SessionCacheRealms, EachServersWordCountsForItsOwnSessions) {
  keep("1a", sessionOf("1a"));
  keep("2a", sessionOf("2a"));
  EXPECT_TRUE(has("1a"));
  EXPECT_TRUE(has("2a"));
  realms_.first.distrust();
  EXPECT_FALSE(has("1a"));
  EXPECT_TRUE(has("2a"));
  clock_.advance(milliseconds(1500));
  EXPECT_FALSE(has("2a")) << "and no longer than it is proven";
  realms_.second.prove(realms_.second.era(), now());
  EXPECT_TRUE(has("2a"));
}

TEST_F(SessionCacheRealms, WhatWasNotedBeforeADoubtIsNotFresh) {
  const SessionCache::Note note = cache_.note(idOf("1a"), now());
  EXPECT_TRUE(note.wants_ttl);
  realms_.first.distrust();
  realms_.first.prove(realms_.first.era(), now());
  answer("1a", note, sessionOf("1a"));
  EXPECT_FALSE(has("1a"));
  EXPECT_FALSE(cache_.mayJoin(idOf("1a"), note, now()));
}

TEST_F(SessionCacheRealms, NothingIsFreshThatNobodyTellsOf) {
  keep("9a", sessionOf("9a"));
  EXPECT_FALSE(has("9a"));
  EXPECT_FALSE(cache_.note(idOf("9a"), now()).wants_ttl);
  EXPECT_FALSE(cache_.mayJoin(idOf("9a"), cache_.note(idOf("9a"), now()), now()));
  keep("1a", sessionOf("1a"), false);
  EXPECT_FALSE(has("1a"));
}

TEST_F(SessionCacheRealms, AnAbsenceIsNeverFresh) {
  keep("1a", {});
  EXPECT_FALSE(has("1a"));
}

TEST_F(SessionCacheRealms, ASessionIsBelievedAsLongAsItsUsersServerIsToo) {
  keep("1a", sessionOf("1a", LoginEpoch::kNone, "2ada"));
  EXPECT_TRUE(has("1a"));
  realms_.second.distrust();
  realms_.second.prove(realms_.second.era(), now());
  EXPECT_FALSE(has("1a"));
  keep("1a", sessionOf("1a", LoginEpoch::kNone, "2ada"));
  EXPECT_TRUE(has("1a"));
  cache_.invalidateUser("2ada");
  EXPECT_FALSE(has("1a"));
  keep("1a", sessionOf("1a", LoginEpoch::kNone, "9ada"));
  EXPECT_FALSE(has("1a"));
}

TEST_F(SessionCacheRealms, ALoginIsBelievedAsLongAsItIsKnownWhetherEverybodyWasLoggedOut) {
  keep("1a", sessionOf("1a", 0));
  keep("1b", sessionOf("1b"));
  EXPECT_TRUE(has("1a"));
  realms_.knows = false;
  EXPECT_FALSE(has("1a"));
  EXPECT_TRUE(has("1b")) << "what an application made";
}

TEST(CacheTrustRealms, BeginAgainAfterTheLastEra) {
  CacheTrust trust(seconds(1), 3);
  const CacheTrust::Era first = trust.era();
  EXPECT_EQ(CacheTrust::realmOf(first), 3);
  CacheTrust::Era last = first;
  for (std::uint32_t i = 0; i < (1U << 24) - 1; ++i) last = trust.beginEra();
  EXPECT_EQ(CacheTrust::realmOf(last), 3);
  trust.prove(last, SteadyTime(seconds(1)));
  EXPECT_TRUE(trust.believes(last, SteadyTime(seconds(1))));
  trust.distrust();
  EXPECT_EQ(trust.era(), first);
  EXPECT_FALSE(trust.believes(last, SteadyTime(seconds(1))));
  trust.prove(first, SteadyTime(seconds(1)));
  EXPECT_TRUE(trust.believes(first, SteadyTime(seconds(1))));
}

}  // namespace
}  // namespace sessiond
