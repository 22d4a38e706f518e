// Whoever lists the sessions of a user sees all of them, whatever the store does meanwhile.

#include "session/index_writer.h"

#include <random>
#include <set>
#include <string>
#include <utility>
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
  HeldIndex held(clock_);
  IndexWriter writer(held, clock_, metrics_);
  writer.note(*sessionOf("a", "42"), std::nullopt, clock_.steadyNow());
  held.entered.wait();
  std::jthread opener([&held] { held.latch.count_down(); });
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
  Expected<std::vector<EndedUser>, StoreError> endedLately(std::size_t count) override {
    return index.endedLately(count);
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
  HeldIndex held(clock_);
  held.latch.count_down();
  IndexWriter writer(held, clock_, metrics_);
  const SteadyTime now = clock_.steadyNow();
  const auto lifeOf = [&](const std::optional<seconds>& touch_ttl, std::optional<SteadyTime> ends) {
    writer.note(*sessionOf("a", "42", touch_ttl), ends, clock_.steadyNow());
    listed(writer, "42");
    return held.lives.back();
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

TEST_F(IndexWriterTest, WhoIsAdmittedIsCountedWithWhatWaits) {
  IndexWriter writer(index_, clock_, metrics_);
  writer.note(*sessionOf("a", "42"), std::nullopt, clock_.steadyNow());
  const auto admission = writer.admit({.user_id = "42", .id = idOf("b"), .life = hours(1)},
                                      {.max = 1, .when_full = WhenFull::kRefuse}, {});
  ASSERT_TRUE(admission);
  EXPECT_FALSE(admission->admitted);
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
  HeldIndex held(clock_);
  IndexWriter writer(held, clock_, metrics_);
  writer.note(*sessionOf("first", "42"), std::nullopt, clock_.steadyNow());
  held.entered.wait();
  for (int i = 0; i < 100; ++i) writer.note(*sessionOf(std::to_string(i), "42"), std::nullopt, clock_.steadyNow());
  held.latch.count_down();
  EXPECT_EQ(listed(writer, "42").size(), 101U);
  EXPECT_LE(held.writes, 3);
}

TEST_F(IndexWriterTest, WhoAsksWaitsForWhatSomebodyElseIsWritingOfTheSameUser) {
  HeldIndex held(clock_);
  IndexWriter writer(held, clock_, metrics_);
  writer.note(*sessionOf("a", "42"), std::nullopt, clock_.steadyNow());
  std::jthread first([&] { EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("a"))); });
  held.entered.wait();
  std::jthread opener([&] { held.latch.count_down(); });
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("a")));
}

TEST_F(IndexWriterTest, NobodyWaitsForAWriteThatMemoryRanOutFor) {
  HeldIndex held(clock_);
  IndexWriter writer(held, clock_, metrics_);
  clock_.advance(seconds(10));
  writer.note(*sessionOf("first", "7"), std::nullopt, clock_.steadyNow());
  held.entered.wait();
  const SessionRef session = sessionOf("a", "42");
  writer.note(*session, std::nullopt, clock_.steadyNow());
  held.no_memory = true;
  EXPECT_THROW(static_cast<void>(writer.list("42", 10)), std::bad_alloc);
  held.no_memory = false;
  EXPECT_THAT(listed(writer, "42"), IsEmpty());
  writer.note(*session, std::nullopt, clock_.steadyNow());
  EXPECT_THAT(listed(writer, "42"), ElementsAre(idOf("a"))) << "it is due again";
  held.latch.count_down();
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

TEST_F(IndexWriterTest, WhatFailsTakesNoMoreThanHalfOfTheRoom) {
  HeldIndex held(clock_);
  held.latch.count_down();
  held.fail({{"away", StoreError::kUnavailable}});
  IndexWriter writer(held, clock_, metrics_);
  for (std::size_t i = 0; i < IndexWriter::kMaxWaiting; ++i)
    writer.note(*sessionOf(std::to_string(i), "away"), std::nullopt, clock_.steadyNow());
  const auto left_out = [this] { return count("sessiond_index_notes_left_out_total"); };
  while (left_out() == 0 && held.triesOf("away") < 2 * static_cast<int>(IndexWriter::kMaxWaiting))
    std::this_thread::yield();
  EXPECT_GT(left_out(), 0U);
}

TEST_F(IndexWriterTest, WhatFoundNoRoomWhenItFailedIsNotedOnceThereIsRoom) {
  HeldIndex held(clock_);
  held.latch.count_down();
  held.fail({{"away", StoreError::kUnavailable}});
  IndexWriter writer(held, clock_, metrics_);
  std::vector<SessionRef> sessions;
  for (std::size_t i = 0; i < IndexWriter::kMaxWaiting; ++i) {
    sessions.push_back(sessionOf(std::to_string(i), "away"));
    writer.note(*sessions.back(), std::nullopt, clock_.steadyNow());
  }
  while (count("sessiond_index_notes_left_out_total") == 0) std::this_thread::yield();
  held.fail({});
  EXPECT_LT(listed(writer, "away").size(), sessions.size());
  clock_.advance(std::chrono::seconds(2));
  for (const SessionRef& session : sessions) writer.note(*session, std::nullopt, clock_.steadyNow());
  EXPECT_EQ(listed(writer, "away").size(), sessions.size());
}

/// A node of a cluster is away, say: its users' sessions, which come first, keep no others waiting.
TEST_F(IndexWriterTest, OnlyWhatFailedIsTriedAgain) {
  HeldIndex held(clock_);
  held.latch.count_down();
  held.fail({{"away", StoreError::kUnavailable}});
  IndexWriter writer(held, clock_, metrics_);
  for (std::size_t i = 0; i < 2 * IndexWriter::kLargestBatch; ++i)
    writer.note(*sessionOf(std::to_string(i), "away"), std::nullopt, clock_.steadyNow());
  writer.note(*sessionOf("a", "here"), std::nullopt, clock_.steadyNow());
  writer.note(*sessionOf("b", "near"), std::nullopt, clock_.steadyNow());
  while (held.triesOf("away") < 6 * static_cast<int>(IndexWriter::kLargestBatch)) std::this_thread::yield();
  EXPECT_EQ(held.triesOf("here"), 1);
  EXPECT_EQ(held.triesOf("near"), 1);
  EXPECT_EQ(writer.list("away", 10)->size(), 10U);
  EXPECT_THAT(listed(writer, "here"), ElementsAre(idOf("a")));
  held.fail({});
  EXPECT_EQ(listed(writer, "away").size(), 2 * IndexWriter::kLargestBatch);
  EXPECT_EQ(held.triesOf("here"), 1);
}

TEST_F(IndexWriterTest, ADamagedIndexIsLeftAndCountsForNoOther) {
  HeldIndex held(clock_);
  held.fail({{"damaged", StoreError::kCorrupt}, {"away", StoreError::kTimeout}});
  IndexWriter writer(held, clock_, metrics_);
  writer.note(*sessionOf("first", "7"), std::nullopt, clock_.steadyNow());
  held.entered.wait();
  for (const char* user : {"damaged", "away", "fine"})
    writer.note(*sessionOf("a", user), std::nullopt, clock_.steadyNow());
  held.latch.count_down();
  while (held.triesOf("away") < 2) std::this_thread::yield();
  EXPECT_EQ(held.triesOf("damaged"), 1);
  EXPECT_EQ(held.triesOf("fine"), 1);
  EXPECT_EQ(count("sessiond_index_notes_left_out_total"), 1U);
  EXPECT_EQ(count("sessiond_index_notes_total"), 2U);
}

TEST_F(IndexWriterTest, TakesNoMoreThanItHasRoomForAndTheNextLoadTriesAgain) {
  HeldIndex held(clock_);
  IndexWriter writer(held, clock_, metrics_);
  writer.note(*sessionOf("first", "7"), std::nullopt, clock_.steadyNow());
  held.entered.wait();
  for (std::size_t i = 0; i < IndexWriter::kMaxWaiting; ++i)
    writer.note(*sessionOf(std::to_string(i), "42"), std::nullopt, clock_.steadyNow());
  const SessionRef beyond = sessionOf("beyond", "42");
  writer.note(*beyond, std::nullopt, clock_.steadyNow());
  EXPECT_EQ(count("sessiond_index_notes_left_out_total"), 1U);
  held.latch.count_down();
  EXPECT_EQ(listed(writer, "42").size(), IndexWriter::kMaxWaiting);
  writer.note(*beyond, std::nullopt, clock_.steadyNow());
  EXPECT_EQ(listed(writer, "42").size(), IndexWriter::kMaxWaiting + 1);
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
