// When a session is to live longer: in time, before the check goes on, and later if need be.

#include "session_loader_fixture.h"

namespace sessiond {
namespace {

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
  const SessionRef known = cache_.note(*SessionId::fromBytes("a"), clock_.steadyNow()).known;
  known->notBefore(clock_.steadyNow() + seconds(1));
  EXPECT_FALSE(asksForLife(true)) << "the throttle has said when it is to be asked again";
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

/// What is written by others before it was ever found is not asked for its life again; our own touch is no such
/// writing.
TEST_F(SessionLoaderTest, ATouchOfOursIsNotTakenForOthersWriting) {
  for (const bool touched : {false, true}) {
    const char* const name = touched ? "a" : "b";
    const SessionId id = idOf(name);
    want(name).may_touch = true;
    loader_.flush();
    store_.answer();
    if (touched) touch(name, SteadyTime::max());
    loader_.flush();
    if (touched) store_.answer();
    cache_.invalidate(name, clock_.steadyNow());
    EXPECT_EQ(cache_.note(id, clock_.steadyNow()).wants_ttl, touched) << name;
  }
}

TEST_F(SessionLoaderTest, TouchesOfABatchAreBounded) {
  for (std::size_t i = 0; i < SessionLoader::kLargestBatch + 1; ++i) touch("t" + std::to_string(i), SteadyTime::max());
  loader_.flush();
  EXPECT_EQ(store_.batch().touches.size(), SessionLoader::kLargestBatch);
  store_.answer();
  EXPECT_EQ(store_.batch().touches.size(), 1U);
  store_.answer();
  EXPECT_EQ(touched_.size(), SessionLoader::kLargestBatch + 1);
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
  EXPECT_EQ(count("sessiond_touch_failures_total"), 1U) << "however often it was tried";
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
  EXPECT_EQ(count("sessiond_touches_total"), 0U);
  EXPECT_TRUE(late_.empty());
}

}  // namespace
}  // namespace sessiond
