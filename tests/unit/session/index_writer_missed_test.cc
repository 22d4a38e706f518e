// What was met here before all of its user's sessions were ended is ended, whoever noted it first.

#include <string>
#include <vector>

#include "index_writer_fixture.h"

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST_F(IndexWriterTest, WhatWasMetBeforeAllWereEndedElsewhereIsEndedHere) {
  std::vector<SessionId> ended;
  IndexWriter writer(index_, clock_, metrics_, into(ended));
  clock_.advance(seconds(10));
  const SteadyTime before = clock_.steadyNow();
  clock_.advance(milliseconds(1));
  ASSERT_TRUE(index_.add({.user_id = "42", .id = idOf("kept"), .life = hours(1)}));
  ASSERT_TRUE(index_.noteAllEnded("42", {}, {}));  // another instance, that knew nothing of what is noted here
  clock_.advance(milliseconds(1));
  const SteadyTime after = clock_.steadyNow();
  writer.note(*sessionOf("kept", "42"), std::nullopt, before);
  writer.note(*sessionOf("missed", "42"), std::nullopt, before);
  writer.note(*sessionOf("later", "42"), std::nullopt, after);
  writer.note(*sessionOf("others", "7"), std::nullopt, before);
  EXPECT_THAT(listed(writer, "42"), UnorderedElementsAre(idOf("kept"), idOf("missed"), idOf("later")));
  EXPECT_THAT(listed(writer, "7"), ElementsAre(idOf("others")));
  writer.finish();
  EXPECT_THAT(ended, ElementsAre(idOf("missed")));
}

/// It is not new to the index any more, but was not in it when all were ended.
TEST_F(IndexWriterTest, WhatAnotherInstanceMetLaterAndNotedSoonerIsEndedAsWell) {
  std::vector<SessionId> ended;
  IndexWriter writer(index_, clock_, metrics_, into(ended));
  clock_.advance(seconds(10));
  const SteadyTime before = clock_.steadyNow();
  clock_.advance(milliseconds(1));
  ASSERT_TRUE(index_.noteAllEnded("42", {}, {}));
  for (const char* id : {"missed", "login"})
    ASSERT_TRUE(index_.add({.user_id = "42", .id = idOf(id), .life = hours(1)}));
  clock_.advance(milliseconds(1));
  writer.note(*sessionOf("missed", "42"), std::nullopt, before);
  writer.note(*sessionOf("login", "42"), std::nullopt, clock_.steadyNow());
  EXPECT_THAT(listed(writer, "42"), UnorderedElementsAre(idOf("missed"), idOf("login")));
  writer.finish();
  EXPECT_THAT(ended, ElementsAre(idOf("missed")));
}

/// Whatever a clock says that was set meanwhile.
TEST_F(IndexWriterTest, WhatWasNotedHereOnceIsNotCalledMissedLater) {
  std::vector<SessionId> ended;
  IndexWriter writer(index_, clock_, metrics_, into(ended));
  clock_.advance(seconds(10));
  ASSERT_TRUE(index_.noteAllEnded("42", {}, {}));
  clock_.advance(seconds(1));
  const SessionRef login = sessionOf("login", "42");
  writer.note(*login, std::nullopt, clock_.steadyNow());
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("login")));
  clock_.advance(KnownSession::kIndexInterval);
  writer.note(*login, std::nullopt, clock_.steadyNow() - hours(1));
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("login")));
  writer.finish();
  EXPECT_THAT(ended, IsEmpty());
}

TEST_F(IndexWriterTest, WhatMayHaveBeenLostIsLookedAtAsIfItHadNeverBeenNoted) {
  std::vector<SessionId> ended;
  IndexWriter writer(index_, clock_, metrics_, into(ended));
  clock_.advance(seconds(10));
  const SessionRef session = sessionOf("missed", "42");
  writer.note(*session, std::nullopt, clock_.steadyNow());
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("missed")));
  ASSERT_TRUE(index_.remove("42", std::vector{idOf("missed")}));  // a failover to a server that never had it
  writer.mayBeLost();
  clock_.advance(seconds(5));
  ASSERT_TRUE(index_.noteAllEnded("42", {}, {}));
  ASSERT_TRUE(index_.add({.user_id = "42", .id = idOf("missed"), .life = hours(1)}));  // another instance
  clock_.advance(seconds(5));
  writer.note(*session, std::nullopt, clock_.steadyNow());
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("missed")));
  writer.finish();
  EXPECT_THAT(ended, ElementsAre(idOf("missed")));
}

TEST_F(IndexWriterTest, WhatWasMetHereIsInTheIndexWhenAllEnd) {
  IndexWriter writer(index_, clock_, metrics_);
  writer.note(*sessionOf("a", "42"), std::nullopt, clock_.steadyNow());
  const auto moment = writer.noteAllEnded("42", {}, {});
  ASSERT_TRUE(moment);
  EXPECT_THAT(writer.listBefore("42", *moment, "", 10)->ids, ElementsAre(idOf("a")));
}

TEST_F(IndexWriterTest, WhatTheIndexHasLostWasMetWhenItWasNoted) {
  std::vector<SessionId> ended;
  IndexWriter writer(index_, clock_, metrics_, into(ended));
  clock_.advance(seconds(10));
  const SessionRef session = sessionOf("a", "42");
  writer.note(*session, std::nullopt, clock_.steadyNow());
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("a")));
  ASSERT_TRUE(index_.remove("42", std::vector{idOf("a")}));
  clock_.advance(seconds(5));
  ASSERT_TRUE(index_.noteAllEnded("42", {}, {}));
  clock_.advance(KnownSession::kIndexInterval);
  writer.note(*session, std::nullopt, clock_.steadyNow());
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("a")));
  writer.finish();
  EXPECT_THAT(ended, ElementsAre(idOf("a")));
}

TEST_F(IndexWriterTest, WhatCouldNotBeNotedIsStillKnownToHaveBeenMetBefore) {
  std::vector<SessionId> ended;
  IndexWriter writer(index_, clock_, metrics_, into(ended));
  clock_.advance(seconds(10));
  index_.failWith(StoreError::kUnavailable);
  writer.note(*sessionOf("missed", "42"), std::nullopt, clock_.steadyNow());
  EXPECT_FALSE(writer.list("42", 10));
  index_.failWith(std::nullopt);
  clock_.advance(seconds(60));
  ASSERT_TRUE(index_.noteAllEnded("42", {}, {}));
  clock_.advance(seconds(1));
  writer.note(*sessionOf("missed", "42"), std::nullopt, clock_.steadyNow());
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("missed")));
  writer.finish();
  EXPECT_THAT(ended, ElementsAre(idOf("missed")));
}

/// The index was deleted, and nothing that met the session before remembers it: an instance that has just begun.
TEST_F(IndexWriterTest, WhatBeganBeforeAllWereEndedIsEndedThoughNobodyRemembersToHaveMetIt) {
  std::vector<SessionId> ended;
  IndexWriter writer(index_, clock_, metrics_, into(ended));
  clock_.advance(hours(1));
  const WallTime all_ended = clock_.wallNow();
  ASSERT_TRUE(index_.noteAllEnded("42", {}, {}));
  clock_.advance(hours(2));
  const seconds apart = IndexWriter::kClocksApart;
  writer.note(*loginOf("before", "42", all_ended - apart - seconds(1)), std::nullopt, clock_.steadyNow());
  writer.note(*loginOf("about then", "42", all_ended - apart + seconds(1)), std::nullopt, clock_.steadyNow());
  writer.note(*loginOf("after", "42", all_ended + seconds(1)), std::nullopt, clock_.steadyNow());
  writer.note(*loginOf("future", "42", clock_.wallNow() + hours(1)), std::nullopt, clock_.steadyNow());
  writer.note(*sessionOf("an application's", "42"), std::nullopt, clock_.steadyNow());
  writer.note(*loginOf("others", "7", all_ended - hours(1)), std::nullopt, clock_.steadyNow());
  EXPECT_EQ(listed(writer, "42").size(), 5U);
  EXPECT_EQ(listed(writer, "7").size(), 1U);
  writer.finish();
  EXPECT_THAT(ended, ElementsAre(idOf("before")));
}

/// A login is in the index before anybody can meet its session, whatever the clock says of the machine where it was.
TEST_F(IndexWriterTest, NoLoginAfterThatIsEndedForTheClockOfItsMachine) {
  std::vector<SessionId> ended;
  IndexWriter writer(index_, clock_, metrics_, into(ended));
  clock_.advance(hours(1));
  ASSERT_TRUE(index_.noteAllEnded("42", {}, {}));
  clock_.advance(seconds(1));
  ASSERT_TRUE(index_.add({.user_id = "42", .id = idOf("login"), .life = hours(1)}));
  writer.note(*loginOf("login", "42", clock_.wallNow() - hours(10)), std::nullopt, clock_.steadyNow());
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("login")));
  writer.finish();
  EXPECT_THAT(ended, IsEmpty());
}

/// What is kept is in the index from then on.
TEST_F(IndexWriterTest, WhatWasKeptWhenTheOthersWereEndedIsEndedByNobody) {
  std::vector<SessionId> ended;
  IndexWriter writer(index_, clock_, metrics_, into(ended));
  clock_.advance(hours(1));
  const WallTime login = clock_.wallNow() - hours(1);
  ASSERT_TRUE(index_.noteAllEnded("42", std::vector{idOf("kept")}, hours(1)));
  clock_.advance(seconds(1));
  writer.note(*loginOf("kept", "42", login), std::nullopt, clock_.steadyNow());
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("kept")));
  writer.finish();
  EXPECT_THAT(ended, IsEmpty());
}

TEST_F(IndexWriterTest, WhatFoundNoRoomWasMetAllTheSame) {
  HeldIndex held(clock_);
  std::vector<SessionId> ended;
  const SessionRef beyond = sessionOf("beyond", "42");
  const SessionRef changed = sessionOf("changed", "42");
  const SessionRef changed_since = sessionOf("changed", "42");
  clock_.advance(hours(1));
  {
    IndexWriter writer(held, clock_, metrics_, into(ended));
    writer.note(*sessionOf("first", "7"), std::nullopt, clock_.steadyNow());
    held.entered.wait();
    for (std::size_t i = 0; i < IndexWriter::kMaxWaiting; ++i)
      writer.note(*sessionOf(std::to_string(i), "7"), std::nullopt, clock_.steadyNow());
    for (const SessionRef& one : {beyond, changed}) writer.note(*one, std::nullopt, clock_.steadyNow());
    clock_.advance(seconds(10));
    // At another instance.
    EXPECT_TRUE(held.index.noteAllEnded("42", {}, hours(1)));
    clock_.advance(seconds(10));
    held.latch.count_down();
    EXPECT_EQ(listed(writer, "7").size(), IndexWriter::kMaxWaiting + 1);
    changed_since->noteIndexedLike(*changed);
    for (const SessionRef& one : {beyond, changed_since, sessionOf("login", "42")})
      writer.note(*one, std::nullopt, clock_.steadyNow());
    EXPECT_EQ(listed(writer, "42").size(), 3U);
  }
  EXPECT_THAT(ended, UnorderedElementsAre(idOf("beyond"), idOf("changed")));
}

}  // namespace
}  // namespace sessiond
