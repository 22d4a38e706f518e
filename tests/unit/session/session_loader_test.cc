#include "session/session_loader.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/secret.h"
#include "support/fake_clock.h"
#include "support/memory_session_store.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kText = R"({"cookie":{"originalMaxAge":600000},"user":{"id":7}})";

/// Answers when it is told to.
class ScriptedLaneStore final : public LaneStore {
 public:
  void send(StoreBatch& batch, SteadyTime deadline, Client& client) override {
    ++batches;
    batch_ = &batch;
    client_ = &client;
    deadlines.push_back(deadline);
    if (refuses) answer();
  }
  bool asked() const { return batch_ != nullptr; }
  StoreBatch& batch() { return *batch_; }
  std::vector<std::string> ids() const {
    std::vector<std::string> all;
    for (const SessionLoad& load : batch_->loads) all.push_back(load.id->bytes());
    return all;
  }
  void answer() {
    StoreBatch& batch = *std::exchange(batch_, nullptr);
    batch.tracked = tracked;
    for (SessionLoad& load : batch.loads) {
      if (refuses) continue;
      load.result = StoredSession{.json = texts[load.id->bytes()], .user_tag = users[std::string(load.user)]};
      if (load.wants_ttl) load.result->ttl = milliseconds(600'000);
    }
    for (KeyTouch& touch : batch.touches) {
      if (!refuses) touch.result = touched;
      touches.push_back(touch);
      touched_ids.push_back(touch.id->bytes());
    }
    client_->answered(batch);
  }

  std::map<std::string, std::string_view> texts;
  std::map<std::string, std::uint64_t> users;  ///< by name, the tag of the password
  TouchOutcome touched = TouchOutcome::kTouched;
  bool tracked = true;
  bool refuses = false;
  int batches = 0;
  std::vector<SteadyTime> deadlines;
  std::vector<KeyTouch> touches;
  std::vector<std::string> touched_ids;

 private:
  StoreBatch* batch_ = nullptr;
  Client* client_ = nullptr;
};

/// Notes what moment somebody waits for.
class FakeLoop final : public EventLoop {
 public:
  bool watch(int, Interest, Waiter&) override { return true; }
  void unwatch(int, Waiter&) override {}
  void callAt(SteadyTime moment, Waiter& waiter) override {
    at = moment;
    waiter_ = &waiter;
  }
  void forget(Waiter&) override { at = SteadyTime::max(); }
  void reach() {
    at = SteadyTime::max();
    waiter_->onTime();
  }

  SteadyTime at = SteadyTime::max();

 private:
  Waiter* waiter_ = nullptr;
};

class SessionLoaderTest : public testing::Test, public SessionLoader::Client {
 protected:
  SessionLoaderTest() {
    prove();
    for (const char* id : {"a", "b", "c"}) store_.texts[id] = kText;
  }

  void loaded(SessionWant& want) override { loaded_.push_back(&want); }
  void touched(TouchWant& want) override { touched_.push_back(&want); }

  void prove() { trust_.prove(trust_.epoch() == 0 ? trust_.beginEpoch() : trust_.epoch(), clock_.steadyNow()); }
  SessionWant& want(const std::string& name) {
    ids_.push_back(*SessionId::fromBytes(name));
    SessionWant& want = wants_.emplace_back();
    want = {.id = &ids_.back(), .cookie = "s:a.signature", .arrived = clock_.steadyNow()};
    loader_.want(want);
    return want;
  }
  TouchWant& touch(const std::string& name, SteadyTime ends) {
    TouchWant& want = touch_wants_.emplace_back(
        TouchWant{.id = *SessionId::fromBytes(name), .ttl = seconds(60), .ends = ends, .arrived = clock_.steadyNow()});
    loader_.want(want);
    return want;
  }
  std::uint64_t count(const char* name) { return metrics_.counter(name, "").read(); }

  FakeClock clock_;
  MetricsRegistry metrics_;
  CacheTrust trust_{seconds(1)};
  SessionCache cache_{CacheLimits{}, trust_};
  FactsExtractor extractor_{ExtractionRules{}};
  HmacKey log_names_{Secret(std::string("key for the names in logs"))};
  std::vector<std::string> buried_;
  RevokedSessions revoked_{clock_, metrics_};
  LoginEpoch epoch_;
  FactsReader reader_{
      extractor_, TombstoneLifetime{}, revoked_, epoch_, log_names_, metrics_, [this](const SessionId& id, seconds) {
        buried_.push_back(id.bytes());
      }};
  TouchThrottle throttle_{seconds(60)};
  LateTouches late_{2};
  LoaderMetrics loader_metrics_{metrics_};
  MemoryUserSessionIndex index_{clock_};
  IndexWriter index_writer_{index_, clock_, metrics_};
  ScriptedLaneStore store_;
  FakeLoop loop_;
  SessionLoader loader_{{.store = store_,
                         .cache = cache_,
                         .reader = reader_,
                         .throttle = throttle_,
                         .late = late_,
                         .metrics = loader_metrics_,
                         .index = &index_writer_,
                         .clock = clock_,
                         .loop = loop_,
                         .budget = milliseconds(750)},
                        *this};
  std::deque<SessionId> ids_;
  std::deque<SessionWant> wants_;
  std::deque<TouchWant> touch_wants_;
  std::vector<SessionWant*> loaded_;
  std::vector<TouchWant*> touched_;
};

TEST_F(SessionLoaderTest, AUserWhomTheStoreKeepsIsAskedForWithTheSession) {
  store_.texts["a"] =
      R"({"cookie":{"originalMaxAge":600000},"user":{"id":7},"_sd":{"login":"ada","auth":"redis:00000000000000ff"}})";
  store_.users["ada"] = 0xff;
  SessionWant& first = want("a");
  want("b");
  loader_.flush();
  store_.answer();
  EXPECT_EQ(loaded_.size(), 1U) << "only b is certain yet";
  ASSERT_EQ(store_.batch().loads.size(), 1U);
  EXPECT_EQ(store_.batch().loads[0].user, "ada");
  SessionWant& second = want("a");
  store_.answer();
  EXPECT_EQ(first.found.presence, Presence::kPresent);
  EXPECT_EQ(second.found.presence, Presence::kPresent) << "it joined";
  EXPECT_EQ(store_.batches, 2);
  const SessionId id = *SessionId::fromBytes("a");
  EXPECT_TRUE(cache_.find(id, clock_.steadyNow()));

  cache_.invalidateUser("grace");
  EXPECT_TRUE(cache_.find(id, clock_.steadyNow()));
  cache_.invalidateUser("ada");
  EXPECT_FALSE(cache_.find(id, clock_.steadyNow()));
  store_.users["ada"] = 0xfe;
  const SessionWant& third = want("a");
  loader_.flush();
  EXPECT_EQ(store_.batch().loads[0].user, "ada") << "who it is is known by now";
  store_.answer();
  EXPECT_EQ(third.found.presence, Presence::kRevoked);
  EXPECT_EQ(store_.batches, 3);
}

TEST_F(SessionLoaderTest, AUserWhoChangesWhileHeIsAskedForIsNotFresh) {
  store_.texts["a"] =
      R"({"cookie":{"originalMaxAge":600000},"user":{"id":7},"_sd":{"login":"ada","auth":"redis:00000000000000ff"}})";
  store_.users["ada"] = 0xff;
  want("a");
  loader_.flush();
  store_.answer();
  cache_.invalidateUser("ada");
  store_.answer();
  EXPECT_FALSE(cache_.find(*SessionId::fromBytes("a"), clock_.steadyNow()));
}

TEST_F(SessionLoaderTest, GathersWhatIsWantedAndAsksForEachSessionOnce) {
  want("a");
  want("b");
  want("a");
  EXPECT_FALSE(store_.asked());
  loader_.flush();
  EXPECT_EQ(store_.ids(), (std::vector<std::string>{"a", "b"}));
  store_.answer();
  EXPECT_EQ(loaded_.size(), 3U);
  for (const SessionWant* one : loaded_) EXPECT_EQ(one->found.presence, Presence::kPresent);
  EXPECT_EQ(count("sessiond_cache_misses_total"), 2U);
  EXPECT_EQ(count("sessiond_cache_joined_total"), 1U);
  EXPECT_TRUE(cache_.find(*SessionId::fromBytes("a"), clock_.steadyNow()));
}

TEST_F(SessionLoaderTest, WhoseSessionsComeIsNoted) {
  store_.texts["b"] = R"({"cookie":{},"user":{"id":"8"}})";
  store_.texts["nobody's"] = R"({"cookie":{}})";
  for (const char* id : {"a", "b", "c", "nobody's"}) want(id);
  loader_.flush();
  store_.answer();
  EXPECT_EQ(index_writer_.list("7", 10)->size(), 2U);
  EXPECT_EQ(index_writer_.list("8", 10)->size(), 1U);
  EXPECT_EQ(count("sessiond_index_notes_total"), 3U);
}

TEST_F(SessionLoaderTest, ATouchMovesTheEndThatIsNoted) {
  const auto latest = [this] { return index_writer_.list("7", 1)->front().bytes(); };
  SessionRef first;
  for (const char* id : {"a", "b"}) {
    SessionWant& wanted = want(id);
    loader_.flush();
    store_.answer();
    if (!first) first = wanted.found.session;
    clock_.advance(seconds(1));
  }
  ASSERT_EQ(latest(), "b");
  for (const TouchOutcome outcome : {TouchOutcome::kGone, TouchOutcome::kTouched}) {
    store_.touched = outcome;
    TouchWant& wanted = touch("a", clock_.steadyNow() + seconds(5));
    wanted.session = first;
    wanted.ttl = seconds(6000);
    loader_.flush();
    store_.answer();
    EXPECT_EQ(latest(), outcome == TouchOutcome::kTouched ? "a" : "b");
  }
}

TEST_F(SessionLoaderTest, OneBatchIsUnderWayWhileTheNextOneGathers) {
  want("a");
  loader_.flush();
  want("b");
  want("c");
  loader_.flush();
  EXPECT_EQ(store_.batches, 1);
  store_.answer();
  EXPECT_EQ(store_.ids(), (std::vector<std::string>{"b", "c"})) << "it follows by itself";
  store_.answer();
  EXPECT_EQ(loaded_.size(), 3U);
  EXPECT_FALSE(loader_.busy());
}

TEST_F(SessionLoaderTest, ABatchIsBounded) {
  for (int i = 0; i < 100; ++i) want("s" + std::to_string(i));
  loader_.flush();
  EXPECT_EQ(store_.ids().size(), SessionLoader::kLargestBatch);
  store_.answer();
  EXPECT_EQ(store_.ids().size(), 100 - SessionLoader::kLargestBatch);
  store_.answer();
  EXPECT_EQ(loaded_.size(), 100U);
}

TEST_F(SessionLoaderTest, JoinsALoadUnderWayWhileNothingCanHaveChanged) {
  want("a");
  loader_.flush();
  want("a");
  store_.answer();
  EXPECT_EQ(loaded_.size(), 2U);
  EXPECT_EQ(store_.batches, 1);
}

/// The load reads "live" and stalls; the logout is answered; a check comes then.
TEST_F(SessionLoaderTest, DoesNotJoinALoadThatALogoutHasOvertaken) {
  want("a");
  loader_.flush();
  cache_.invalidate("a", clock_.steadyNow());
  SessionWant& later = want("a");
  store_.answer();
  EXPECT_EQ(loaded_.size(), 1U);
  EXPECT_FALSE(cache_.find(*SessionId::fromBytes("a"), clock_.steadyNow()));
  ASSERT_TRUE(store_.asked());
  store_.texts["a"] = "";
  store_.answer();
  EXPECT_NE(later.found.presence, Presence::kUnavailable);
}

/// Over a connection that leads to another server than the subscription nothing is told of; trust may hold all the
/// same.
TEST_F(SessionLoaderTest, JoinsNoLoadThatIsOlderThanWhatMayBeBelieved) {
  CacheTrust short_trust(milliseconds(100));
  SessionCache cache(CacheLimits{}, short_trust);
  const SessionId id = *SessionId::fromBytes("a");
  const CacheTrust::Epoch epoch = short_trust.beginEpoch();
  short_trust.prove(epoch, clock_.steadyNow());
  const SessionCache::Note note = cache.note(id, clock_.steadyNow());
  clock_.advance(milliseconds(100));
  short_trust.prove(epoch, clock_.steadyNow());
  EXPECT_TRUE(cache.mayJoin(id, note, clock_.steadyNow()));
  clock_.advance(milliseconds(1));
  EXPECT_FALSE(cache.mayJoin(id, note, clock_.steadyNow()));
}

TEST_F(SessionLoaderTest, DoesNotJoinALoadUnderWayWhileNobodyWouldTell) {
  want("a");
  loader_.flush();
  clock_.advance(milliseconds(1001));
  want("a");
  store_.answer();
  EXPECT_EQ(loaded_.size(), 1U);
  EXPECT_TRUE(store_.asked());
  want("a");
  store_.answer();
  EXPECT_EQ(loaded_.size(), 2U);
}

TEST_F(SessionLoaderTest, WaitingIsPartOfTheBudgetOfEachAlone) {
  const SteadyTime arrived = clock_.steadyNow();
  SessionWant& first = want("a");
  clock_.advance(milliseconds(200));
  SessionWant& second = want("b");
  SessionWant& third = want("a");
  loader_.flush();
  EXPECT_EQ(store_.deadlines.back(), arrived + milliseconds(950)) << "of the one that has waited least";
  EXPECT_EQ(loop_.at, arrived + milliseconds(750));
  clock_.advance(milliseconds(550));
  loop_.reach();
  EXPECT_EQ(loaded_, (std::vector<SessionWant*>{&first})) << "its time is over";
  EXPECT_EQ(first.found.presence, Presence::kUnavailable);
  first.id = nullptr;  // the check is answered, and gone
  clock_.advance(milliseconds(100));
  ASSERT_TRUE(store_.asked());
  EXPECT_EQ(store_.ids(), (std::vector<std::string>{"a", "b"}));
  store_.answer();
  EXPECT_EQ(loaded_, (std::vector<SessionWant*>{&first, &third, &second}));
  EXPECT_EQ(second.found.presence, Presence::kPresent);
  EXPECT_EQ(third.found.presence, Presence::kPresent);
  EXPECT_EQ(loop_.at, SteadyTime::max());
}

TEST_F(SessionLoaderTest, AnAnswerThatComesTooLateForOneIsStillOfUse) {
  SessionWant& first = want("a");
  clock_.advance(milliseconds(100));
  want("b");
  prove();
  loader_.flush();
  clock_.advance(milliseconds(650));
  loop_.reach();
  ASSERT_EQ(loaded_.size(), 1U);
  first.id = nullptr;
  SessionWant& joined = want("a");
  EXPECT_EQ(count("sessiond_cache_joined_total"), 1U);
  store_.answer();
  EXPECT_EQ(joined.found.presence, Presence::kPresent);
  EXPECT_EQ(loaded_.size(), 3U);
  EXPECT_TRUE(cache_.find(*SessionId::fromBytes("a"), clock_.steadyNow()));
}

TEST_F(SessionLoaderTest, WhoJoinedALoadThatFailedHasATryOfHisOwn) {
  SessionWant& first = want("a");
  loader_.flush();
  clock_.advance(milliseconds(490));
  prove();
  SessionWant& joined = want("a");
  ASSERT_EQ(count("sessiond_cache_joined_total"), 1U);
  store_.refuses = true;
  clock_.advance(milliseconds(10));
  store_.answer();
  EXPECT_EQ(loaded_.front(), &first);
  store_.refuses = false;
  if (loaded_.size() == 1) store_.answer();
  EXPECT_EQ(loaded_, (std::vector<SessionWant*>{&first, &joined}));
  EXPECT_EQ(store_.batches, 2);
  EXPECT_EQ(first.found.presence, Presence::kUnavailable);
}

TEST_F(SessionLoaderTest, WhoGathersEndsInTimeToo) {
  for (int i = 0; i < 64; ++i) touch("t" + std::to_string(i), SteadyTime::max());
  TouchWant& last = touch("last", SteadyTime::max());
  clock_.advance(milliseconds(300));
  want("young");
  loader_.flush();
  clock_.advance(milliseconds(450));
  loop_.reach();
  EXPECT_EQ(touched_.size(), 65U);
  EXPECT_EQ(touched_.back(), &last);
  EXPECT_TRUE(loaded_.empty());
  store_.answer();
  EXPECT_EQ(loaded_.size(), 1U);
  EXPECT_FALSE(store_.asked()) << "nobody waits for the last touch any more";
}

TEST_F(SessionLoaderTest, NobodyIsAskedForThoseWhoseTimeIsOverWhenItIsTheirTurn) {
  want("a");
  loader_.flush();
  want("b");
  clock_.advance(milliseconds(750));
  store_.refuses = true;
  store_.answer();
  EXPECT_EQ(loaded_.size(), 2U);
  EXPECT_EQ(store_.batches, 1) << "the store is not blamed for what it was given no time for";
}

TEST_F(SessionLoaderTest, ATouchIsWaitedForNoLongerThanItsCheckMayWait) {
  TouchWant& wanted = touch("a", clock_.steadyNow() + seconds(500));
  clock_.advance(milliseconds(300));
  want("b");
  loader_.flush();
  clock_.advance(milliseconds(450));
  loop_.reach();
  ASSERT_EQ(touched_, (std::vector<TouchWant*>{&wanted}));
  EXPECT_FALSE(wanted.result.hasValue());
  touch_wants_.clear();
  store_.answer();
  EXPECT_EQ(store_.touched_ids, std::vector<std::string>{"a"});
  EXPECT_EQ(count("sessiond_touches_total"), 1U) << "it arrived all the same";
  EXPECT_EQ(touched_.size(), 1U);
}

TEST_F(SessionLoaderTest, AnAnswerThatDidNotComeIsNoneForEverybodyAndChangesNothing) {
  store_.refuses = true;
  for (int i = 0; i < 200; ++i) want("s" + std::to_string(i));
  loader_.flush();
  EXPECT_EQ(loaded_.size(), 200U);
  for (const SessionWant* one : loaded_) EXPECT_EQ(one->found.presence, Presence::kUnavailable);
}

TEST_F(SessionLoaderTest, WhatComesOverAConnectionThatIsNotTrackedIsNotFresh) {
  store_.tracked = false;
  want("a");
  loader_.flush();
  store_.answer();
  EXPECT_EQ(loaded_[0]->found.presence, Presence::kPresent);
  EXPECT_FALSE(cache_.find(*SessionId::fromBytes("a"), clock_.steadyNow()));
}

TEST_F(SessionLoaderTest, TheSameTextIsTheSameSessionAgain) {
  want("a");
  loader_.flush();
  store_.answer();
  trust_.distrust();
  want("a");
  loader_.flush();
  store_.answer();
  EXPECT_EQ(loaded_[0]->found.session, loaded_[1]->found.session);
}

TEST_F(SessionLoaderTest, AsksForTheRemainingLifeWhenATouchMayBeDue) {
  trust_.distrust();
  const auto asksForLife = [&](bool may_touch) {
    want("a").may_touch = may_touch;
    loader_.flush();
    const bool asks = store_.batch().loads[0].wants_ttl;
    store_.answer();
    return asks;
  };
  EXPECT_FALSE(asksForLife(false));
  EXPECT_TRUE(asksForLife(true));
  EXPECT_TRUE(throttle_.ask("a", seconds(600), clock_.steadyNow()).due);
  EXPECT_FALSE(asksForLife(true));
  clock_.advance(seconds(60));
  EXPECT_TRUE(asksForLife(true));
}

TEST_F(SessionLoaderTest, ATouchIsAcknowledgedBeforeItsCheckGoesOn) {
  const SteadyTime ends = clock_.steadyNow() + seconds(500);
  touch("a", ends);
  loader_.flush();
  ASSERT_TRUE(store_.asked());
  EXPECT_TRUE(touched_.empty());
  store_.answer();
  EXPECT_EQ(touched_.size(), 1U);
  EXPECT_EQ(store_.touches[0].ttl, seconds(60));
  EXPECT_EQ(store_.touches[0].ends, ends);
  EXPECT_EQ(count("sessiond_touches_total"), 1U);
  EXPECT_EQ(loop_.at, SteadyTime::max()) << "nothing is late";
}

TEST_F(SessionLoaderTest, ATouchThatFailedIsSentAgainUntilItArrives) {
  const SteadyTime ends = clock_.steadyNow() + seconds(500);
  store_.refuses = true;
  touch("a", ends);
  loader_.flush();
  EXPECT_EQ(touched_.size(), 1U) << "the check is answered all the same";
  EXPECT_EQ(count("sessiond_touch_failures_total"), 1U);
  for (int i = 0; i < 3; ++i) {
    ASSERT_NE(loop_.at, SteadyTime::max());
    clock_.advance(milliseconds(1000));
    loop_.reach();
  }
  store_.refuses = false;
  clock_.advance(milliseconds(1000));
  loop_.reach();
  ASSERT_TRUE(store_.asked());
  store_.answer();
  EXPECT_EQ(store_.touches.back().ends, ends) << "as long as the key's life is what it was";
  EXPECT_EQ(store_.touches.back().ttl, seconds(56)) << "the life that it would have had";
  EXPECT_EQ(touched_.size(), 1U);
  EXPECT_EQ(count("sessiond_touches_total"), 1U);
  EXPECT_EQ(loop_.at, SteadyTime::max());
}

TEST_F(SessionLoaderTest, LateTouchesAreBoundedAndThoseBeyondComeInTheirTime) {
  store_.refuses = true;
  for (const char* id : {"a", "b", "c"}) {
    EXPECT_TRUE(throttle_.ask(id, seconds(600), clock_.steadyNow()).due);
    touch(id, SteadyTime::max());
  }
  loader_.flush();
  EXPECT_FALSE(throttle_.ask("a", seconds(600), clock_.steadyNow()).due) << "kept";
  EXPECT_FALSE(throttle_.ask("b", seconds(600), clock_.steadyNow()).due) << "kept";
  EXPECT_FALSE(throttle_.ask("c", seconds(600), clock_.steadyNow()).due) << "no check waits for it again at once";
  clock_.advance(seconds(60));
  EXPECT_TRUE(throttle_.ask("c", seconds(600), clock_.steadyNow()).due);
}

TEST_F(SessionLoaderTest, ALateTouchOfAKeyThatHasEndedIsDropped) {
  store_.refuses = true;
  touch("a", clock_.steadyNow() + seconds(5));
  loader_.flush();
  clock_.advance(seconds(6));
  store_.batches = 0;
  loop_.reach();
  EXPECT_EQ(store_.batches, 0);
  EXPECT_TRUE(late_.empty());
}

TEST_F(SessionLoaderTest, ATouchOfAKeyThatSomebodyGaveAnotherLifeIsNotRepeated) {
  store_.touched = TouchOutcome::kChanged;
  touch("a", SteadyTime::max());
  loader_.flush();
  store_.answer();
  EXPECT_EQ(count("sessiond_touches_changed_total"), 1U);
  EXPECT_TRUE(late_.empty());
}

}  // namespace
}  // namespace sessiond
