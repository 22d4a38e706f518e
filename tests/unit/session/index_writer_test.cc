// Whoever lists the sessions of a user sees all of them, whatever the store does meanwhile. More than 400 lines because
// it is one promise, kept with one fixture.

#include "session/index_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "session/known_session.h"
#include "support/fake_clock.h"
#include "support/memory_session_store.h"

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

SessionId idOf(const std::string& bytes) {
  return *SessionId::fromBytes(bytes);
}

SessionRef sessionOf(const std::string& id, const std::string& user, std::optional<seconds> touch_ttl = hours(1)) {
  SessionFacts facts;
  facts.state = CheckStatus::kValid;
  facts.touch_ttl = touch_ttl;
  facts.user_id = user;
  return KnownSession::make(idOf(id), facts, "");
}

/// Holds its first write until it is let go, and counts.
class GatedIndex final : public UserSessionIndex {
 public:
  explicit GatedIndex(const Clock& clock) : index(clock) {}

  void addAll(std::span<IndexNote> notes) override {
    if (first_.exchange(false)) {
      entered.count_down();
      gate.wait();
    }
    const std::lock_guard lock(mutex_);
    ++writes;
    for (IndexNote& note : notes) {
      lives.push_back(note.session.life);
      ++tries[note.session.user_id];
      const auto failing = failures.find(note.session.user_id);
      if (failing == failures.end()) {
        index.addAll({&note, 1});
      } else {
        note.result = Unexpected(failing->second);
      }
    }
  }
  int triesOf(const std::string& user) {
    const std::lock_guard lock(mutex_);
    return tries[user];
  }
  /// From now on, of these users.
  void fail(std::map<std::string, StoreError> users) {
    const std::lock_guard lock(mutex_);
    failures = std::move(users);
  }
  Expected<Admission, StoreError> admit(const IndexedSession& session, const SessionLimit& limit,
                                        std::span<const SessionId> leaving) override {
    return index.admit(session, limit, leaving);
  }
  Expected<void, StoreError> remove(std::string_view user, std::span<const SessionId> ids) override {
    return index.remove(user, ids);
  }
  Expected<EndMoment, StoreError> noteAllEnded(std::string_view user, std::span<const SessionId> kept,
                                               milliseconds life) override {
    return index.noteAllEnded(user, kept, life);
  }
  Expected<IndexPage, StoreError> listBefore(std::string_view user, EndMoment moment, std::string_view from,
                                             std::size_t count) override {
    return index.listBefore(user, moment, from, count);
  }
  Expected<std::vector<SessionId>, StoreError> list(std::string_view user, std::size_t count) override {
    return index.list(user, count);
  }

  MemoryUserSessionIndex index;
  std::latch entered{1};
  std::latch gate{1};
  std::vector<milliseconds> lives;
  int writes = 0;
  std::map<std::string, int> tries;
  std::map<std::string, StoreError> failures;

 private:
  std::atomic<bool> first_ = true;
  std::mutex mutex_;
};

class IndexWriterTest : public testing::Test {
 protected:
  std::vector<SessionId> listed(IndexWriter& writer, const std::string& user) {
    const auto ids = writer.list(user, 1'000'000);
    EXPECT_TRUE(ids.hasValue());
    return ids ? *ids : std::vector<SessionId>();
  }
  std::uint64_t count(const char* name) { return metrics_.counter(name, "").read(); }
  /// Of user 42. To be looked at once the writer has finished.
  static IndexWriter::EndMissed into(std::vector<SessionId>& ended) {
    return [&ended](std::string_view user, const std::vector<SessionId>& ids) {
      EXPECT_EQ(user, "42");
      ended.insert(ended.end(), ids.begin(), ids.end());
    };
  }

  FakeClock clock_;
  MetricsRegistry metrics_;
  MemoryUserSessionIndex index_{clock_};
};

TEST_F(IndexWriterTest, WhoListsSeesWhatWasNotedBefore) {
  IndexWriter writer(index_, clock_, metrics_);
  writer.note(*sessionOf("a", "42"), std::nullopt, clock_.steadyNow());
  writer.note(*sessionOf("b", "42"), std::nullopt, clock_.steadyNow());
  writer.note(*sessionOf("c", "7"), std::nullopt, clock_.steadyNow());
  EXPECT_THAT(listed(writer, "42"), UnorderedElementsAre(idOf("a"), idOf("b")));
  EXPECT_THAT(listed(writer, "7"), ElementsAre(idOf("c")));
  EXPECT_EQ(count("sessiond_index_notes_total"), 3U);
}

TEST_F(IndexWriterTest, WhoListsWaitsForWhatIsUnderWay) {
  GatedIndex gated(clock_);
  IndexWriter writer(gated, clock_, metrics_);
  writer.note(*sessionOf("a", "42"), std::nullopt, clock_.steadyNow());
  gated.entered.wait();
  std::jthread opener([&gated] { gated.gate.count_down(); });
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("a")));
}

/// Takes nothing new, and does all the rest: as a server whose memory is full.
class FullIndex final : public UserSessionIndex {
 public:
  explicit FullIndex(const Clock& clock) : index(clock) {}
  void addAll(std::span<IndexNote> notes) override {
    for (IndexNote& note : notes) note.result = Unexpected(StoreError::kUnavailable);
  }
  Expected<Admission, StoreError> admit(const IndexedSession&, const SessionLimit&,
                                        std::span<const SessionId>) override {
    return Unexpected(StoreError::kUnavailable);
  }
  Expected<void, StoreError> remove(std::string_view user, std::span<const SessionId> ids) override {
    return index.remove(user, ids);
  }
  Expected<EndMoment, StoreError> noteAllEnded(std::string_view user, std::span<const SessionId> kept,
                                               milliseconds life) override {
    return index.noteAllEnded(user, kept, life);
  }
  Expected<IndexPage, StoreError> listBefore(std::string_view user, EndMoment moment, std::string_view from,
                                             std::size_t count) override {
    return index.listBefore(user, moment, from, count);
  }
  Expected<std::vector<SessionId>, StoreError> list(std::string_view user, std::size_t count) override {
    return index.list(user, count);
  }

  MemoryUserSessionIndex index;
};

TEST_F(IndexWriterTest, WhatAFullStoreDoesNotTakeIsListedAllTheSame) {
  FullIndex full(clock_);
  for (const char* id : {"a", "b"}) ASSERT_TRUE(full.index.add({.user_id = "42", .id = idOf(id), .life = hours(1)}));
  IndexWriter writer(full, clock_, metrics_);
  for (const char* id : {"b", "c", "d"}) writer.note(*sessionOf(id, "42"), std::nullopt, clock_.steadyNow());
  EXPECT_THAT(listed(writer, "42"), UnorderedElementsAre(idOf("a"), idOf("b"), idOf("c"), idOf("d")));
  EXPECT_EQ(writer.list("42", 3)->size(), 3U);
  const std::vector<SessionId> ended{idOf("a"), idOf("b"), idOf("c")};
  ASSERT_TRUE(writer.remove("42", ended));
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("d")));
}

TEST_F(IndexWriterTest, NotesNobodysSessionNowhere) {
  IndexWriter writer(index_, clock_, metrics_);
  writer.note(*sessionOf("a", ""), std::nullopt, clock_.steadyNow());
  EXPECT_THAT(listed(writer, ""), IsEmpty());
}

TEST_F(IndexWriterTest, WhatLooksLongestCounts) {
  GatedIndex gated(clock_);
  gated.gate.count_down();
  IndexWriter writer(gated, clock_, metrics_);
  const SteadyTime now = clock_.steadyNow();
  const auto lifeOf = [&](const std::optional<seconds>& touch_ttl, std::optional<SteadyTime> ends) {
    writer.note(*sessionOf("a", "42", touch_ttl), ends, clock_.steadyNow());
    listed(writer, "42");
    return gated.lives.back();
  };
  EXPECT_EQ(lifeOf(hours(1), std::nullopt), hours(1));
  EXPECT_EQ(lifeOf(hours(1), now + seconds(5)), hours(1));
  EXPECT_EQ(lifeOf(hours(1), now + hours(9)), hours(9));
  EXPECT_EQ(lifeOf(std::nullopt, now + hours(9)), hours(9));
  EXPECT_EQ(lifeOf(hours(1), SteadyTime::max()), std::chrono::days(400)) << "has no end";
  EXPECT_EQ(lifeOf(seconds(999'999'999'999), std::nullopt), std::chrono::days(400));
}

TEST_F(IndexWriterTest, NotesASessionAgainWhenItsEndHasMovedOrSomeTimeHasPassed) {
  IndexWriter writer(index_, clock_, metrics_);
  const SessionRef session = sessionOf("a", "42");
  const auto notes = [&](std::optional<SteadyTime> ends) {
    const std::uint64_t before = count("sessiond_index_notes_total");
    writer.note(*session, ends, clock_.steadyNow());
    listed(writer, "42");
    return count("sessiond_index_notes_total") - before;
  };
  EXPECT_EQ(notes(std::nullopt), 1U);
  EXPECT_EQ(notes(std::nullopt), 0U);
  clock_.advance(KnownSession::kIndexInterval - seconds(1));
  EXPECT_EQ(notes(std::nullopt), 0U);
  EXPECT_EQ(notes(clock_.steadyNow() + hours(5)), 1U) << "an application gave it a longer life";
  EXPECT_EQ(notes(clock_.steadyNow() + hours(5)), 0U);
  ASSERT_TRUE(index_.remove("42", std::vector{idOf("a")}));
  clock_.advance(KnownSession::kIndexInterval);
  EXPECT_EQ(notes(std::nullopt), 1U) << "the index may have been lost";
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("a")));
}

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

TEST_F(IndexWriterTest, NotesAllAgainThatMayHaveBeenLost) {
  IndexWriter writer(index_, clock_, metrics_);
  clock_.advance(seconds(10));
  const SessionRef session = sessionOf("a", "42");
  writer.note(*session, std::nullopt, clock_.steadyNow());
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("a")));
  ASSERT_TRUE(index_.remove("42", std::vector{idOf("a")}));  // a failover to a server that never had it
  clock_.advance(seconds(1));
  writer.note(*session, std::nullopt, clock_.steadyNow());
  EXPECT_THAT(listed(writer, "42"), IsEmpty()) << "it is not due";
  writer.mayBeLost();
  writer.note(*session, std::nullopt, clock_.steadyNow());
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("a")));
}

TEST_F(IndexWriterTest, GathersWhatComesMeanwhileIntoOneWrite) {
  GatedIndex gated(clock_);
  IndexWriter writer(gated, clock_, metrics_);
  writer.note(*sessionOf("first", "42"), std::nullopt, clock_.steadyNow());
  gated.entered.wait();
  for (int i = 0; i < 100; ++i) writer.note(*sessionOf(std::to_string(i), "42"), std::nullopt, clock_.steadyNow());
  gated.gate.count_down();
  EXPECT_EQ(listed(writer, "42").size(), 101U);
  EXPECT_LE(gated.writes, 3);
}

TEST_F(IndexWriterTest, WhoAsksWaitsForWhatSomebodyElseIsWritingOfTheSameUser) {
  GatedIndex gated(clock_);
  IndexWriter writer(gated, clock_, metrics_);
  writer.note(*sessionOf("a", "42"), std::nullopt, clock_.steadyNow());
  std::jthread first([&] { EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("a"))); });
  gated.entered.wait();
  std::jthread opener([&] { gated.gate.count_down(); });
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("a")));
}

TEST_F(IndexWriterTest, ListsNothingWhileItCannotNoteAndNotesWhenItCan) {
  IndexWriter writer(index_, clock_, metrics_);
  index_.failWith(StoreError::kUnavailable);
  writer.note(*sessionOf("a", "42"), std::nullopt, clock_.steadyNow());
  EXPECT_EQ(writer.list("42", 10).error(), StoreError::kUnavailable);
  EXPECT_EQ(writer.list("42", 10).error(), StoreError::kUnavailable);
  index_.failWith(std::nullopt);
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("a")));
}

/// A node of a cluster is away, say: its users' sessions, which come first, keep no others waiting.
TEST_F(IndexWriterTest, OnlyWhatFailedIsTriedAgain) {
  GatedIndex gated(clock_);
  gated.gate.count_down();
  gated.fail({{"away", StoreError::kUnavailable}});
  IndexWriter writer(gated, clock_, metrics_);
  for (std::size_t i = 0; i < 2 * IndexWriter::kLargestBatch; ++i)
    writer.note(*sessionOf(std::to_string(i), "away"), std::nullopt, clock_.steadyNow());
  writer.note(*sessionOf("a", "here"), std::nullopt, clock_.steadyNow());
  writer.note(*sessionOf("b", "near"), std::nullopt, clock_.steadyNow());
  while (gated.triesOf("away") < 6 * static_cast<int>(IndexWriter::kLargestBatch)) std::this_thread::yield();
  EXPECT_EQ(gated.triesOf("here"), 1);
  EXPECT_EQ(gated.triesOf("near"), 1);
  EXPECT_EQ(writer.list("away", 10)->size(), 10U);
  EXPECT_THAT(listed(writer, "here"), ElementsAre(idOf("a")));
  gated.fail({});
  EXPECT_EQ(listed(writer, "away").size(), 2 * IndexWriter::kLargestBatch);
  EXPECT_EQ(gated.triesOf("here"), 1);
}

TEST_F(IndexWriterTest, ADamagedIndexIsLeftAndCountsForNoOther) {
  GatedIndex gated(clock_);
  gated.fail({{"damaged", StoreError::kCorrupt}, {"away", StoreError::kTimeout}});
  IndexWriter writer(gated, clock_, metrics_);
  writer.note(*sessionOf("first", "7"), std::nullopt, clock_.steadyNow());
  gated.entered.wait();
  for (const char* user : {"damaged", "away", "fine"})
    writer.note(*sessionOf("a", user), std::nullopt, clock_.steadyNow());
  gated.gate.count_down();
  while (gated.triesOf("away") < 2) std::this_thread::yield();
  EXPECT_EQ(gated.triesOf("damaged"), 1);
  EXPECT_EQ(gated.triesOf("fine"), 1);
  EXPECT_EQ(count("sessiond_index_notes_left_out_total"), 1U);
  EXPECT_EQ(count("sessiond_index_notes_total"), 2U);
}

TEST_F(IndexWriterTest, TakesNoMoreThanItHasRoomForAndTheNextLoadTriesAgain) {
  GatedIndex gated(clock_);
  IndexWriter writer(gated, clock_, metrics_);
  writer.note(*sessionOf("first", "7"), std::nullopt, clock_.steadyNow());
  gated.entered.wait();
  for (std::size_t i = 0; i < IndexWriter::kMaxWaiting; ++i)
    writer.note(*sessionOf(std::to_string(i), "42"), std::nullopt, clock_.steadyNow());
  const SessionRef beyond = sessionOf("beyond", "42");
  writer.note(*beyond, std::nullopt, clock_.steadyNow());
  EXPECT_EQ(count("sessiond_index_notes_left_out_total"), 1U);
  gated.gate.count_down();
  EXPECT_EQ(listed(writer, "42").size(), IndexWriter::kMaxWaiting);
  writer.note(*beyond, std::nullopt, clock_.steadyNow());
  EXPECT_EQ(listed(writer, "42").size(), IndexWriter::kMaxWaiting + 1);
}

TEST_F(IndexWriterTest, WhatFoundNoRoomWasMetAllTheSame) {
  GatedIndex gated(clock_);
  std::vector<SessionId> ended;
  const SessionRef beyond = sessionOf("beyond", "42");
  const SessionRef changed = sessionOf("changed", "42");
  const SessionRef changed_since = sessionOf("changed", "42");
  clock_.advance(hours(1));
  {
    IndexWriter writer(gated, clock_, metrics_, into(ended));
    writer.note(*sessionOf("first", "7"), std::nullopt, clock_.steadyNow());
    gated.entered.wait();
    for (std::size_t i = 0; i < IndexWriter::kMaxWaiting; ++i)
      writer.note(*sessionOf(std::to_string(i), "7"), std::nullopt, clock_.steadyNow());
    for (const SessionRef& one : {beyond, changed}) writer.note(*one, std::nullopt, clock_.steadyNow());
    clock_.advance(seconds(10));
    // At another instance.
    EXPECT_TRUE(gated.index.noteAllEnded("42", {}, hours(1)));
    clock_.advance(seconds(10));
    gated.gate.count_down();
    EXPECT_EQ(listed(writer, "7").size(), IndexWriter::kMaxWaiting + 1);
    changed_since->noteIndexedLike(*changed);
    for (const SessionRef& one : {beyond, changed_since, sessionOf("login", "42")})
      writer.note(*one, std::nullopt, clock_.steadyNow());
    EXPECT_EQ(listed(writer, "42").size(), 3U);
  }
  EXPECT_THAT(ended, UnorderedElementsAre(idOf("beyond"), idOf("changed")));
}

TEST_F(IndexWriterTest, WritesWhatWaitsWhenItEnds) {
  {
    IndexWriter writer(index_, clock_, metrics_);
    writer.note(*sessionOf("a", "42"), std::nullopt, clock_.steadyNow());
  }
  EXPECT_THAT(*index_.list("42", 10), ElementsAre(idOf("a")));
}

TEST_F(IndexWriterTest, EndsWhileTheStoreIsAway) {
  IndexWriter writer(index_, clock_, metrics_);
  index_.failWith(StoreError::kUnavailable);
  writer.note(*sessionOf("a", "42"), std::nullopt, clock_.steadyNow());
}

/// Whatever threads note, whenever the store fails: a list that succeeds lacks nothing that was noted before.
TEST_F(IndexWriterTest, NeverMissesWhatWasNotedBefore) {
  IndexWriter writer(index_, clock_, metrics_);
  std::vector<std::jthread> lanes;
  for (int lane = 0; lane < 3; ++lane) {
    lanes.emplace_back([&, lane] {
      std::mt19937 random(static_cast<unsigned>(lane));
      std::set<std::string> noted;
      const std::string user = "user " + std::to_string(lane);
      for (int i = 0; i < 300; ++i) {
        const std::string id = std::to_string(lane) + "-" + std::to_string(i);
        writer.note(*sessionOf(id, user), std::nullopt, clock_.steadyNow());
        noted.insert(id);
        if (random() % 10 == 0) index_.failWith(StoreError::kTimeout);
        if (random() % 5 == 0) index_.failWith(std::nullopt);
        if (random() % 4 != 0) continue;
        const auto found = writer.list(user, 1'000'000);
        if (!found) continue;
        std::set<std::string> ids;
        for (const SessionId& one : *found) ids.insert(one.bytes());
        EXPECT_EQ(ids, noted);
      }
    });
  }
}

}  // namespace
}  // namespace sessiond
