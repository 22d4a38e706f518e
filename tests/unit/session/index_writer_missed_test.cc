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

/// A writer that has run for ten seconds.
class IndexWriterMissedTest : public IndexWriterTest {
 protected:
  IndexWriterMissedTest() { clock_.advance(seconds(10)); }

  /// Met at that moment.
  void note(const SessionRef& session, SteadyTime met) { writer_.note(*session, std::nullopt, met); }
  /// Met now.
  void note(const SessionRef& session) { note(session, clock_.steadyNow()); }
  std::vector<SessionId> listed(const std::string& user) { return IndexWriterTest::listed(writer_, user); }
  /// By another instance, that knows nothing of what is noted here.
  void endAllElsewhere() { ASSERT_TRUE(index_.noteAllEnded("42", {}, {})); }
  void addElsewhere(const std::string& id) {
    ASSERT_TRUE(index_.add({.user_id = "42", .id = idOf(id), .life = hours(1)}));
  }
  void removeFromIndex(const std::string& id) { ASSERT_TRUE(index_.remove("42", std::vector{idOf(id)})); }
  /// The writer is done then.
  const std::vector<SessionId>& ended() {
    writer_.finish();
    return ended_;
  }

 private:
  std::vector<SessionId> ended_;

 protected:
  IndexWriter writer_{index_, clock_, metrics_, into(ended_)};
};

TEST_F(IndexWriterMissedTest, WhatWasMetBeforeAllWereEndedElsewhereIsEndedHere) {
  const SteadyTime before = clock_.steadyNow();
  clock_.advance(milliseconds(1));
  addElsewhere("kept");
  endAllElsewhere();
  clock_.advance(milliseconds(1));
  note(sessionOf("kept", "42"), before);
  note(sessionOf("missed", "42"), before);
  note(sessionOf("later", "42"));
  note(sessionOf("others", "7"), before);
  EXPECT_THAT(listed("42"), UnorderedElementsAre(idOf("kept"), idOf("missed"), idOf("later")));
  EXPECT_THAT(listed("7"), ElementsAre(idOf("others")));
  EXPECT_THAT(ended(), ElementsAre(idOf("missed")));
}

/// It is not new to the index any more, but was not in it when all were ended.
TEST_F(IndexWriterMissedTest, WhatAnotherInstanceMetLaterAndNotedSoonerIsEndedAsWell) {
  const SteadyTime before = clock_.steadyNow();
  clock_.advance(milliseconds(1));
  endAllElsewhere();
  for (const char* id : {"missed", "login"}) addElsewhere(id);
  clock_.advance(milliseconds(1));
  note(sessionOf("missed", "42"), before);
  note(sessionOf("login", "42"));
  EXPECT_THAT(listed("42"), UnorderedElementsAre(idOf("missed"), idOf("login")));
  EXPECT_THAT(ended(), ElementsAre(idOf("missed")));
}

/// Whatever a clock says that was set meanwhile.
TEST_F(IndexWriterMissedTest, WhatWasNotedHereOnceIsNotCalledMissedLater) {
  endAllElsewhere();
  clock_.advance(seconds(1));
  const SessionRef login = sessionOf("login", "42");
  note(login);
  EXPECT_THAT(listed("42"), ElementsAre(idOf("login")));
  clock_.advance(KnownSession::kIndexInterval);
  note(login, clock_.steadyNow() - hours(1));
  EXPECT_THAT(listed("42"), ElementsAre(idOf("login")));
  EXPECT_THAT(ended(), IsEmpty());
}

TEST_F(IndexWriterMissedTest, WhatMayHaveBeenLostIsLookedAtAsIfItHadNeverBeenNoted) {
  const SessionRef session = sessionOf("missed", "42");
  note(session);
  EXPECT_THAT(listed("42"), ElementsAre(idOf("missed")));
  removeFromIndex("missed");  // a failover to a server that never had it
  writer_.mayBeLost();
  clock_.advance(seconds(5));
  endAllElsewhere();
  addElsewhere("missed");
  clock_.advance(seconds(5));
  note(session);
  EXPECT_THAT(listed("42"), ElementsAre(idOf("missed")));
  EXPECT_THAT(ended(), ElementsAre(idOf("missed")));
}

TEST_F(IndexWriterMissedTest, WhatWasMetHereIsInTheIndexWhenAllEnd) {
  note(sessionOf("a", "42"));
  const auto moment = writer_.noteAllEnded("42", {}, {});
  ASSERT_TRUE(moment);
  EXPECT_THAT(writer_.listBefore("42", *moment, "", 10)->ids, ElementsAre(idOf("a")));
}

TEST_F(IndexWriterMissedTest, WhatTheIndexHasLostWasMetWhenItWasNoted) {
  const SessionRef session = sessionOf("a", "42");
  note(session);
  EXPECT_THAT(listed("42"), ElementsAre(idOf("a")));
  removeFromIndex("a");
  clock_.advance(seconds(5));
  endAllElsewhere();
  clock_.advance(KnownSession::kIndexInterval);
  note(session);
  EXPECT_THAT(listed("42"), ElementsAre(idOf("a")));
  EXPECT_THAT(ended(), ElementsAre(idOf("a")));
}

/// Whoever is told of the end of all need not wait for the session's next check.
TEST_F(IndexWriterMissedTest, WhatIsNotedAnewIsEndedThoughItIsNotDue) {
  std::vector<SessionRef> sessions;
  for (const char* id : {"lost", "noted elsewhere", "kept", "never met"}) sessions.push_back(sessionOf(id, "42"));
  for (std::size_t i = 0; i < 3; ++i) note(sessions[i]);
  EXPECT_EQ(listed("42").size(), 3U);
  clock_.advance(milliseconds(100));
  const SteadyTime before = clock_.steadyNow();
  for (const char* id : {"lost", "noted elsewhere"}) removeFromIndex(id);
  sessions.push_back(sessionOf("login", "42"));
  note(sessions.back());
  EXPECT_EQ(listed("42").size(), 2U);
  removeFromIndex("login");
  ASSERT_TRUE(index_.noteAllEnded("42", std::vector{idOf("kept")}, hours(1)));
  addElsewhere("noted elsewhere");
  for (const SessionRef& session : sessions) writer_.noteAnew(*session, before);
  EXPECT_THAT(listed("42"), UnorderedElementsAre(idOf("lost"), idOf("noted elsewhere"), idOf("kept")));
  EXPECT_THAT(ended(), UnorderedElementsAre(idOf("lost"), idOf("noted elsewhere")));
}

/// Who is counted for a limit is not made more by what may have ended long ago.
TEST_F(IndexWriterMissedTest, WhatIsNotedAnewHasNoLifeByThat) {
  const SessionRef session = sessionOf("lost", "42");
  note(session);
  EXPECT_EQ(listed("42").size(), 1U);
  clock_.advance(seconds(1));
  removeFromIndex("lost");
  writer_.noteAnew(*session, clock_.steadyNow());
  const IndexedSession login{.user_id = "42", .id = idOf("login"), .life = hours(1)};
  const auto admission = writer_.admit(login, {.max = 1, .when_full = WhenFull::kRefuse}, {});
  ASSERT_TRUE(admission);
  EXPECT_TRUE(admission->admitted);
}

TEST_F(IndexWriterMissedTest, WhatCouldNotBeNotedIsStillKnownToHaveBeenMetBefore) {
  index_.failWith(StoreError::kUnavailable);
  note(sessionOf("missed", "42"));
  EXPECT_FALSE(writer_.list("42", 10));
  index_.failWith(std::nullopt);
  clock_.advance(seconds(60));
  endAllElsewhere();
  clock_.advance(seconds(1));
  note(sessionOf("missed", "42"));
  EXPECT_THAT(listed("42"), ElementsAre(idOf("missed")));
  EXPECT_THAT(ended(), ElementsAre(idOf("missed")));
}

/// The index was deleted, and nothing that met the session before remembers it: an instance that has just begun.
TEST_F(IndexWriterMissedTest, WhatBeganBeforeAllWereEndedIsEndedThoughNobodyRemembersToHaveMetIt) {
  clock_.advance(hours(1));
  const WallTime all_ended = clock_.wallNow();
  endAllElsewhere();
  clock_.advance(hours(2));
  const seconds apart = IndexWriter::kClocksApart;
  note(loginOf("before", "42", all_ended - apart - seconds(1)));
  note(loginOf("about then", "42", all_ended - apart + seconds(1)));
  note(loginOf("after", "42", all_ended + seconds(1)));
  note(loginOf("future", "42", clock_.wallNow() + hours(1)));
  note(sessionOf("an application's", "42"));
  note(loginOf("others", "7", all_ended - hours(1)));
  EXPECT_EQ(listed("42").size(), 5U);
  EXPECT_EQ(listed("7").size(), 1U);
  EXPECT_THAT(ended(), ElementsAre(idOf("before")));
}

/// A login is in the index before anybody can meet its session, whatever the clock says of the machine where it was.
TEST_F(IndexWriterMissedTest, NoLoginAfterThatIsEndedForTheClockOfItsMachine) {
  clock_.advance(hours(1));
  endAllElsewhere();
  clock_.advance(seconds(1));
  addElsewhere("login");
  note(loginOf("login", "42", clock_.wallNow() - hours(10)));
  EXPECT_THAT(listed("42"), ElementsAre(idOf("login")));
  EXPECT_THAT(ended(), IsEmpty());
}

/// What is kept is in the index from then on.
TEST_F(IndexWriterMissedTest, WhatWasKeptWhenTheOthersWereEndedIsEndedByNobody) {
  clock_.advance(hours(1));
  const WallTime login = clock_.wallNow() - hours(1);
  ASSERT_TRUE(index_.noteAllEnded("42", std::vector{idOf("kept")}, hours(1)));
  clock_.advance(seconds(1));
  note(loginOf("kept", "42", login));
  EXPECT_THAT(listed("42"), ElementsAre(idOf("kept")));
  EXPECT_THAT(ended(), IsEmpty());
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
