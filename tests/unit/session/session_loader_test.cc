// What is asked for, with whom, and how long it is waited for.

#include "session_loader_fixture.h"

namespace sessiond {
namespace {

/// A lane that always has something to do never comes to an end of what comes in.
TEST_F(SessionLoaderTest, WhatGathersWaitsForOthersForAMomentOnly) {
  want("a");
  EXPECT_EQ(loop_.at, clock_.steadyNow() + SessionLoader::kGatherTime);
  clock_.advance(milliseconds(1));
  want("b");
  loop_.reach();
  ASSERT_TRUE(store_.asked());
  EXPECT_EQ(store_.ids(), (std::vector<std::string>{"a", "b"}));
  want("c");
  EXPECT_EQ(loop_.at, SteadyTime::max()) << "it follows when the batch has been answered";
  store_.answer();
  EXPECT_EQ(store_.ids(), std::vector<std::string>{"c"});
}

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
  EXPECT_EQ(first.found.absence, std::nullopt);
  EXPECT_EQ(second.found.absence, std::nullopt) << "it joined";
  EXPECT_EQ(store_.batches, 2);
  const SessionId id = idOf("a");
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
  EXPECT_EQ(third.found.absence, CheckStatus::kRevoked);
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
  EXPECT_FALSE(cache_.find(idOf("a"), clock_.steadyNow()));
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
  for (const SessionWant* one : loaded_) EXPECT_EQ(one->found.absence, std::nullopt);
  EXPECT_EQ(count("sessiond_cache_misses_total"), 2U);
  EXPECT_EQ(count("sessiond_cache_joined_total"), 1U);
  EXPECT_TRUE(cache_.find(idOf("a"), clock_.steadyNow()));
}

/// Whoever is told so is gone.
TEST_F(SessionLoaderTest, WhatThereIsNoMemoryToWantIsNotWanted) {
  loop_.no_memory = true;
  EXPECT_THROW(want("a"), std::bad_alloc);
  EXPECT_THROW(touch("b", clock_.steadyNow() + seconds(60)), std::bad_alloc);
  loop_.no_memory = false;
  want("c");
  ASSERT_NE(loop_.at, SteadyTime::max()) << "a moment that could not be set is set by the next one";
  loop_.reach();
  ASSERT_TRUE(store_.asked());
  EXPECT_EQ(store_.ids(), std::vector<std::string>{"c"});
  EXPECT_TRUE(store_.batch().touches.empty());
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
  EXPECT_FALSE(cache_.find(idOf("a"), clock_.steadyNow()));
  ASSERT_TRUE(store_.asked());
  store_.texts["a"] = "";
  store_.answer();
  EXPECT_NE(later.found.absence, CheckStatus::kUnavailable);
}

/// Over a connection that leads to another server than the subscription nothing is told of; trust may hold all the
/// same.
TEST_F(SessionLoaderTest, JoinsNoLoadThatIsOlderThanWhatMayBeBelieved) {
  CacheTrust short_trust(milliseconds(100));
  SessionCache cache(CacheLimits{}, short_trust);
  const SessionId id = idOf("a");
  const CacheTrust::Era era = short_trust.beginEra();
  short_trust.prove(era, clock_.steadyNow());
  const SessionCache::Note note = cache.note(id, clock_.steadyNow());
  clock_.advance(milliseconds(100));
  short_trust.prove(era, clock_.steadyNow());
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
  EXPECT_EQ(first.found.absence, CheckStatus::kUnavailable);
  first.id = nullptr;  // the check is answered, and gone
  ids_.front() = idOf("another check's");
  clock_.advance(milliseconds(100));
  ASSERT_TRUE(store_.asked());
  EXPECT_EQ(store_.ids(), (std::vector<std::string>{"a", "b"}));
  store_.answer();
  EXPECT_EQ(loaded_, (std::vector<SessionWant*>{&first, &third, &second}));
  EXPECT_EQ(second.found.absence, std::nullopt);
  EXPECT_EQ(third.found.absence, std::nullopt);
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
  EXPECT_EQ(joined.found.absence, std::nullopt);
  EXPECT_EQ(loaded_.size(), 3U);
  EXPECT_TRUE(cache_.find(idOf("a"), clock_.steadyNow()));
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
  EXPECT_EQ(first.found.absence, CheckStatus::kUnavailable);
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

TEST_F(SessionLoaderTest, AnAnswerThatDidNotComeIsNoneForEverybodyAndChangesNothing) {
  store_.refuses = true;
  for (int i = 0; i < 200; ++i) want("s" + std::to_string(i));
  loader_.flush();
  EXPECT_EQ(loaded_.size(), 200U);
  for (const SessionWant* one : loaded_) EXPECT_EQ(one->found.absence, CheckStatus::kUnavailable);
}

TEST_F(SessionLoaderTest, WhatComesOverAConnectionThatIsNotTrackedIsNotFresh) {
  store_.tracked = false;
  want("a");
  loader_.flush();
  store_.answer();
  EXPECT_EQ(loaded_[0]->found.absence, std::nullopt);
  EXPECT_FALSE(cache_.find(idOf("a"), clock_.steadyNow()));
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

}  // namespace
}  // namespace sessiond
