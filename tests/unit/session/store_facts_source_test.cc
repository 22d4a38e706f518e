#include "session/store_facts_source.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/secret.h"
#include "support/scripted_pending.h"

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

SessionId idOf(const std::string& bytes) {
  return *SessionId::fromBytes(bytes);
}

/// Answers each load as told, and notes what is revoked.
class ScriptedStore final : public SessionStore {
 public:
  void load(std::span<SessionLoad> loads) override {
    ++round_trips;
    for (SessionLoad& load : loads) {
      const auto answer = answers.find(load.id->bytes());
      load.result = answer == answers.end() ? StoredSession{} : answer->second;
    }
  }
  /// Done at the second advance, or failed.
  std::unique_ptr<Pending> beginLoad(std::span<SessionLoad> loads) override {
    if (!begins) return nullptr;
    return std::make_unique<ScriptedPending>([this, loads, advances = 0]() mutable {
      if (++advances == 1) return Pending::State::kWaiting;
      if (fails) return Pending::State::kFailed;
      load(loads);
      return Pending::State::kDone;
    });
  }
  Expected<void, StoreError> touch(std::span<const SessionTouch>) override { return {}; }
  Expected<void, StoreError> create(const SessionId&, std::string_view, seconds) override { return {}; }
  Expected<ReplaceOutcome, StoreError> replace(const SessionId&, std::string_view, std::string_view) override {
    return ReplaceOutcome::kReplaced;
  }
  void revoke(std::span<SessionRevocation> revocations) override {
    for (SessionRevocation& one : revocations) {
      revoked[one.id.bytes()] = one.tombstone_ttl;
      one.result = Burial::kBuried;
    }
  }

  std::map<std::string, Expected<StoredSession, StoreError>> answers;
  std::map<std::string, seconds> revoked;
  int round_trips = 0;
  bool begins = true;
  bool fails = false;
};

/// Loads of some ids, and the ids.
struct Loads {
  explicit Loads(const std::vector<std::string>& names) {
    for (const std::string& name : names) ids.push_back(idOf(name));
    for (const SessionId& id : ids) loads.push_back({.id = &id, .cookie = {}});
  }
  std::vector<Presence> presences() const {
    std::vector<Presence> all;
    for (const FactsLoad& load : loads) all.push_back(load.found.presence);
    return all;
  }

  std::vector<SessionId> ids;
  std::vector<FactsLoad> loads;
};

class StoreFactsSourceTest : public testing::Test {
 protected:
  std::vector<FoundSession> load(const std::vector<std::string>& names) {
    std::vector<SessionId> ids;
    for (const std::string& name : names) ids.push_back(idOf(name));
    std::vector<FactsLoad> loads;
    for (const SessionId& id : ids) loads.push_back({.id = &id, .cookie = {}});
    source_.load(loads);
    std::vector<FoundSession> found;
    for (FactsLoad& one : loads) found.push_back(std::move(one.found));
    return found;
  }
  std::uint64_t count(const char* name) { return metrics_.counter(name, "").read(); }
  std::uint64_t lost(const char* header) {
    return metrics_.counter("sessiond_identity_values_lost_total", "", {{"header", header}}).read();
  }

  static constexpr TombstoneLifetime kTombstones{.latest_writer = hours(24), .usual_life = hours(2)};

  ScriptedStore store_;
  FactsExtractor extractor_{ExtractionRules{.identity = {{.name = "X-User-Id", .from = "/user/id"}}}};
  HmacKey log_names_{Secret(std::string("key for the names in logs"))};
  MetricsRegistry metrics_;
  StoreFactsSource source_{store_, extractor_, kTombstones, log_names_, metrics_};
};

TEST_F(StoreFactsSourceTest, KeepsNotThereCannotTellAndDamagedApart) {
  store_.answers.emplace("here", StoredSession{.json = R"({"cookie":{},"user":{"id":7}})"});
  store_.answers.emplace("revoked", StoredSession{.json = std::nullopt, .revoked = true});
  store_.answers.emplace("down", Unexpected(StoreError::kUnavailable));
  store_.answers.emplace("slow", Unexpected(StoreError::kTimeout));
  store_.answers.emplace("wrong type", Unexpected(StoreError::kCorrupt));
  store_.answers.emplace("no session", StoredSession{.json = "[]"});
  const std::vector<FoundSession> found = load({"here", "gone", "revoked", "down", "slow", "wrong type", "no session"});
  EXPECT_EQ(found[0].presence, Presence::kPresent);
  EXPECT_EQ(found[0].session->id(), idOf("here"));
  EXPECT_EQ(found[0].session->identity().text(), "X-User-Id: 7\r\n");
  EXPECT_EQ(found[1].presence, Presence::kUnknown);
  EXPECT_EQ(found[2].presence, Presence::kRevoked);
  EXPECT_EQ(found[3].presence, Presence::kUnavailable);
  EXPECT_EQ(found[4].presence, Presence::kUnavailable);
  EXPECT_EQ(found[5].presence, Presence::kPresent);
  EXPECT_EQ(found[5].session->facts().state, CheckStatus::kCorrupt);
  EXPECT_EQ(found[6].presence, Presence::kPresent);
  EXPECT_EQ(found[6].session->facts().state, CheckStatus::kCorrupt);
  EXPECT_EQ(store_.round_trips, 1);
  EXPECT_EQ(count("sessiond_corrupt_records_total"), 2U);
}

TEST_F(StoreFactsSourceTest, ARevokedSessionThatCameBackIsDeletedAgain) {
  store_.answers.emplace("gone", StoredSession{.json = std::nullopt, .revoked = true});
  store_.answers.emplace("back",
                         StoredSession{.json = R"({"cookie":{"originalMaxAge":1000},"user":{}})", .revoked = true});
  EXPECT_EQ(load({"gone", "back"})[1].presence, Presence::kRevoked);
  EXPECT_EQ(store_.revoked, (std::map<std::string, seconds>{{"back", hours(24) + seconds(1)}}));
  EXPECT_EQ(count("sessiond_resurrected_sessions_total"), 1U);
}

TEST_F(StoreFactsSourceTest, ItsTombstoneOutlivesEveryCopyOfTheCopyThatWasStored) {
  const std::vector<std::pair<StoredSession, seconds>> copies = {
      {{.json = R"({"cookie":{"originalMaxAge":2592000000},"user":{}})", .revoked = true}, hours(24 * 30)},
      {{.json = R"({"cookie":{"originalMaxAge":1000},"user":{}})", .revoked = true, .ttl = hours(48)}, hours(48)},
      {{.json = R"({"cookie":{"originalMaxAge":"1e30"},"user":{}})", .revoked = true}, hours(24 * 400)},
      {{.json = R"({"cookie":{"originalMaxAge":0},"user":{}})", .revoked = true}, hours(2)},
      {{.json = "[]", .revoked = true}, hours(2)},
      {{.json = "[]", .revoked = true, .ttl = hours(5)}, hours(5)},
  };
  for (const auto& [copy, life] : copies) {
    store_.answers.insert_or_assign("back", copy);
    load({"back"});
    EXPECT_EQ(store_.revoked["back"], hours(24) + life) << *copy.json;
  }
}

TEST_F(StoreFactsSourceTest, CountsWhatCannotBeTouchedAndWhatMayNotPass) {
  store_.answers.emplace("odd", StoredSession{.json = R"({"cookie":{"originalMaxAge":"1d"},"user":{"id":"a\nb"}})"});
  load({"odd"});
  EXPECT_EQ(count("sessiond_untouchable_records_total"), 1U);
  EXPECT_EQ(lost("X-User-Id"), 1U);
}

/// Loads of one session, each of which knows what the one before found.
class RememberingTest : public StoreFactsSourceTest {
 protected:
  FoundSession loadOne(const std::string& name, const Expected<StoredSession, StoreError>& stored,
                       const std::string& cookie = "s:a.signature") {
    store_.answers.insert_or_assign(name, stored);
    const SessionId id = idOf(name);
    FactsLoad one{.id = &id, .cookie = cookie, .known = known_};
    source_.load({&one, 1});
    if (one.found.session) known_ = one.found.session;
    return one.found;
  }

  static constexpr const char* kSeven = R"({"cookie":{},"user":{"id":7}})";

  SessionRef known_;
};

TEST_F(RememberingTest, TheSameTextIsTheSameSessionAndKeepsWhatItKnowsOfTouches) {
  const FoundSession first = loadOne("a", StoredSession{.json = kSeven, .ttl = seconds(10)});
  first.session->notBefore(SteadyTime(seconds(100)));
  const FoundSession second = loadOne("a", StoredSession{.json = kSeven, .ttl = seconds(5)});
  EXPECT_EQ(second.session, first.session);
  EXPECT_FALSE(second.session->mayBeTouched(SteadyTime(seconds(99))));
  EXPECT_EQ(second.presence, Presence::kPresent);
  EXPECT_EQ(second.ttl, seconds(5)) << "the time to live is that of the read";
  EXPECT_EQ(second.session->identity().text(), "X-User-Id: 7\r\n");
}

TEST_F(RememberingTest, AnotherTextOrAnotherSessionIsExtractedAnew) {
  loadOne("a", StoredSession{.json = kSeven});
  const FoundSession changed = loadOne("a", StoredSession{.json = R"({"cookie":{},"user":{"id":8}})"});
  EXPECT_EQ(changed.session->identity().text(), "X-User-Id: 8\r\n");
  loadOne("a", StoredSession{.json = kSeven});
  const FoundSession other = loadOne("b", StoredSession{.json = kSeven});
  EXPECT_EQ(other.session->idBytes(), "b");
}

TEST_F(RememberingTest, EveryByteOfTheTextCounts) {
  const std::string text = R"({"cookie":{},"user":{"id":"7"}})";
  const SessionRef first = loadOne("a", StoredSession{.json = text}).session;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    known_ = first;
    EXPECT_NE(loadOne("a", StoredSession{.json = changed}).session, first) << i;
  }
}

TEST_F(RememberingTest, AnotherSpellingOfTheCookieIsASessionOfItsOwnToBeFoundBy) {
  loadOne("a", StoredSession{.json = kSeven});
  EXPECT_EQ(loadOne("a", StoredSession{.json = kSeven}, "s%3Aa.signature").session->cookie(), "s%3Aa.signature");
  EXPECT_EQ(loadOne("a", StoredSession{.json = kSeven}, "").session->cookie(), "s%3Aa.signature");
}

TEST_F(RememberingTest, WhatIsRevokedGoneOrUnknowableIsNotWhatIsKnown) {
  EXPECT_EQ(loadOne("a", StoredSession{.json = kSeven}).presence, Presence::kPresent);
  const FoundSession revoked = loadOne("a", StoredSession{.json = kSeven, .revoked = true});
  EXPECT_EQ(revoked.presence, Presence::kRevoked);
  EXPECT_FALSE(revoked.session);
  EXPECT_EQ(store_.revoked.count("a"), 1U);
  const FoundSession gone = loadOne("a", StoredSession{});
  EXPECT_EQ(gone.presence, Presence::kUnknown);
  EXPECT_FALSE(gone.session);
  const FoundSession unavailable = loadOne("a", Unexpected(StoreError::kTimeout));
  EXPECT_EQ(unavailable.presence, Presence::kUnavailable);
  EXPECT_FALSE(unavailable.session);
}

TEST_F(RememberingTest, WhatIsCountedIsCountedAtEveryRead) {
  for (int i = 0; i < 2; ++i) loadOne("corrupt", StoredSession{.json = "[]"});
  for (int i = 0; i < 2; ++i) {
    loadOne("untouchable", StoredSession{.json = R"({"cookie":{"originalMaxAge":"1d"},"user":{"id":7}})"});
  }
  for (int i = 0; i < 2; ++i) loadOne("unsafe", StoredSession{.json = R"({"cookie":{},"user":{"id":"a\nb"}})"});
  EXPECT_EQ(count("sessiond_corrupt_records_total"), 2U);
  EXPECT_EQ(count("sessiond_untouchable_records_total"), 2U);
  EXPECT_EQ(lost("X-User-Id"), 2U);
}

TEST_F(StoreFactsSourceTest, GivesTheSessionTheCookieItIsFoundByInMemory) {
  store_.answers.emplace("a", StoredSession{.json = R"({"cookie":{}})"});
  const SessionId id = idOf("a");
  FactsLoad one{.id = &id, .cookie = "s:a.signature"};
  source_.load({&one, 1});
  EXPECT_EQ(one.found.session->cookie(), "s:a.signature");
}

TEST_F(StoreFactsSourceTest, ALoadThatIsBegunFindsWhatALoadFinds) {
  store_.answers.emplace("here", StoredSession{.json = R"({"cookie":{},"user":{"id":7}})", .ttl = seconds(5)});
  store_.answers.emplace("revoked", StoredSession{.json = std::nullopt, .revoked = true});
  store_.answers.emplace("slow", Unexpected(StoreError::kTimeout));
  store_.answers.emplace("wrong type", Unexpected(StoreError::kCorrupt));
  const std::vector<std::string> names = {"here", "gone", "revoked", "slow", "wrong type"};
  const std::vector<FoundSession> waited = load(names);
  Loads begun(names);
  const auto pending = source_.beginLoad(begun.loads);
  ASSERT_TRUE(pending);
  EXPECT_EQ(pending->fd(), 42);
  EXPECT_EQ(pending->deadline(), SteadyTime(seconds(42)));
  EXPECT_EQ(pending->advance(), Pending::State::kWaiting);
  EXPECT_EQ(begun.presences(), std::vector<Presence>(5, Presence::kUnavailable));
  EXPECT_EQ(pending->advance(), Pending::State::kDone);
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(begun.loads[i].found.presence, waited[i].presence) << i;
  EXPECT_EQ(begun.loads[0].found.session->identity().text(), "X-User-Id: 7\r\n");
  EXPECT_EQ(begun.loads[0].found.ttl, seconds(5));
  EXPECT_EQ(begun.loads[4].found.session->facts().state, CheckStatus::kCorrupt);
  EXPECT_EQ(count("sessiond_corrupt_records_total"), 2U);
}

TEST_F(StoreFactsSourceTest, ALoadIsNotBegunWhereTheStoreDoesNot) {
  store_.begins = false;
  Loads one({"a"});
  EXPECT_FALSE(source_.beginLoad(one.loads));
}

TEST_F(StoreFactsSourceTest, ALoadThatIsBegunNeverDeletesWhatCameBackButLeavesItToALoad) {
  store_.answers.emplace("back", StoredSession{.json = R"({"cookie":{},"user":{}})", .revoked = true});
  store_.answers.emplace("damaged", Unexpected(StoreError::kCorrupt));
  for (const std::vector<std::string>& names : {std::vector<std::string>{"back"}, {"damaged", "back"}}) {
    store_.revoked.clear();
    Loads loads(names);
    const std::uint64_t corrupt_before = count("sessiond_corrupt_records_total");
    {
      const auto pending = source_.beginLoad(loads.loads);
      pending->advance();
      EXPECT_EQ(pending->advance(), Pending::State::kFailed);
    }
    EXPECT_TRUE(store_.revoked.empty());
    EXPECT_EQ(loads.presences(), std::vector<Presence>(names.size(), Presence::kUnavailable));
    EXPECT_EQ(count("sessiond_corrupt_records_total"), corrupt_before) << "the load counts";
    source_.load(loads.loads);
    EXPECT_EQ(loads.presences().back(), Presence::kRevoked);
    EXPECT_EQ(store_.revoked.count("back"), 1U);
  }
  EXPECT_EQ(count("sessiond_resurrected_sessions_total"), 2U);
}

TEST_F(StoreFactsSourceTest, ALoadThatIsBegunFillsInNothingWhenItFailsOrIsGivenUp) {
  store_.answers.emplace("here", StoredSession{.json = R"({"cookie":{},"user":{"id":7}})"});
  store_.fails = true;
  Loads loads({"here"});
  auto pending = source_.beginLoad(loads.loads);
  pending->advance();
  EXPECT_EQ(pending->advance(), Pending::State::kFailed);
  pending = source_.beginLoad(loads.loads);
  EXPECT_EQ(pending->advance(), Pending::State::kWaiting);
  pending.reset();
  EXPECT_EQ(loads.presences()[0], Presence::kUnavailable);
  source_.load(loads.loads);
  EXPECT_EQ(loads.presences()[0], Presence::kPresent);
}

TEST_F(StoreFactsSourceTest, NeverPeeks) {
  EXPECT_FALSE(source_.peek("s:a.b", SteadyTime()));
  EXPECT_FALSE(source_.peek(idOf("a"), SteadyTime()));
}

}  // namespace
}  // namespace sessiond
