// What every UserSessionIndex must do, as tests that run against each of them, with the harness of the store beside it
// (session_store_contract.h).

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "session/user_session_index.h"
#include "support/session_ids.h"
#include "support/session_store_contract.h"

namespace sessiond {

class UserSessionIndexContract : public SessionStoreContract {
 protected:
  /// Ids in the index, in no order. Their sessions exist, so that an implementation which looks finds them.
  std::vector<std::string> listed(std::string_view user_id) {
    const Expected<std::vector<SessionId>, StoreError> ids = index_.list(user_id, 100);
    if (!ids) return {"unavailable"};
    std::vector<std::string> bytes;
    for (const SessionId& id : *ids) bytes.push_back(id.bytes());
    return bytes;
  }
  bool note(std::string_view user_id, std::string_view id, std::chrono::seconds life) {
    const IndexedSession one{.user_id = std::string(user_id), .id = idOf(id), .life = life};
    return index_.add(one).hasValue();
  }
  void add(std::string_view user_id, std::string_view id) {
    harness_->put(idOf(id), "{}", kHour);
    ASSERT_TRUE(note(user_id, id, kHour));
  }

  /// What the index says of it.
  std::string noted(std::string_view user_id, std::string_view id, std::chrono::seconds life = kHour) {
    IndexNote note{.session = {.user_id = std::string(user_id), .id = idOf(id), .life = life}};
    index_.addAll({&note, 1});
    EXPECT_TRUE(note.result);
    return std::string(note.is_new ? "new" : "there") + (note.ended_without ? ", missed" : "");
  }
  std::vector<std::string> before(std::string_view user_id, EndMoment moment) {
    const Expected<IndexPage, StoreError> page = index_.listBefore(user_id, moment, "", 100);
    if (!page || !page->next.empty()) return {"not all"};
    std::vector<std::string> bytes;
    for (const SessionId& id : page->ids) bytes.push_back(id.bytes());
    return bytes;
  }

  bool remove(std::string_view user_id, const SessionId& id) {
    return index_.remove(user_id, std::span(&id, 1)).hasValue();
  }

  UserSessionIndex& index_ = harness_->index();
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(UserSessionIndexContract);

TEST_P(UserSessionIndexContract, KnowsNobodyAtFirst) {
  EXPECT_THAT(listed("ada"), testing::IsEmpty());
  EXPECT_TRUE(remove("ada", id_));
}

TEST_P(UserSessionIndexContract, ListsEachUsersOwnSessions) {
  add("ada", "s1");
  add("ada", "s2");
  add("bob", "s3");
  EXPECT_THAT(listed("ada"), testing::UnorderedElementsAre("s1", "s2"));
  EXPECT_THAT(listed("bob"), testing::ElementsAre("s3"));
  EXPECT_THAT(listed("ad"), testing::IsEmpty());
}

TEST_P(UserSessionIndexContract, ListsASessionOnce) {
  add("ada", "s1");
  add("ada", "s1");
  EXPECT_THAT(listed("ada"), testing::ElementsAre("s1"));
}

TEST_P(UserSessionIndexContract, ForgetsWhatIsRemoved) {
  add("ada", "s1");
  add("ada", "s2");
  EXPECT_TRUE(remove("ada", idOf("s1")));
  EXPECT_TRUE(remove("ada", idOf("never there")));
  EXPECT_THAT(listed("ada"), testing::ElementsAre("s2"));
}

TEST_P(UserSessionIndexContract, TellsWhoeverNotesOneThatAllWereEndedWithoutIt) {
  add("ada", "s1");
  EXPECT_EQ(noted("ada", "s1"), "there");
  EXPECT_EQ(noted("ada", "s2"), "new");
  ASSERT_TRUE(index_.noteAllEnded("ada", {}, {}));
  ASSERT_TRUE(index_.noteAllEnded("ada", {}, {}));
  EXPECT_EQ(noted("ada", "s1"), "there");
  EXPECT_EQ(noted("ada", "s3"), "new, missed");
  EXPECT_EQ(noted("ada", "s3"), "there, missed") << "whoever met it sooner notes it later";
  EXPECT_EQ(noted("ada", "s3", 2 * kHour), "there, missed");
  EXPECT_EQ(noted("bob", "s4"), "new");
  ASSERT_TRUE(index_.noteAllEnded("ada", {}, {}));
  EXPECT_EQ(noted("ada", "s3"), "there");
  EXPECT_THAT(listed("ada"), testing::UnorderedElementsAre("s1", "s2", "s3"));
}

TEST_P(UserSessionIndexContract, TellsOfWhomAllHaveEndedLately) {
  const auto lately = [this](std::size_t count) {
    std::vector<std::string> users;
    const auto ended = index_.endedLately(count);
    EXPECT_TRUE(ended);
    if (ended)
      for (const EndedUser& user : *ended) users.push_back(user.user_id);
    return users;
  };
  EXPECT_THAT(lately(10), testing::IsEmpty());
  add("eve", "s1");
  for (const char* user : {"ada", "bob", "ada"}) ASSERT_TRUE(index_.noteAllEnded(user, {}, {}));
  EXPECT_THAT(lately(10), testing::UnorderedElementsAre("ada", "bob"));
  EXPECT_EQ(lately(1).size(), 1U);
}

TEST_P(UserSessionIndexContract, WhatIsKeptWhenAllAreEndedIsInTheIndexAndNotMissed) {
  const std::vector kept = {idOf("mine"), idOf("noted"), idOf("late")};
  ASSERT_TRUE(index_.noteAllEnded("ada", {}, kHour));
  ASSERT_TRUE(note("ada", "noted", std::chrono::hours(3)));
  ASSERT_TRUE(note("ada", "late", kHour));
  ASSERT_TRUE(index_.noteAllEnded("ada", kept, 2 * kHour));
  EXPECT_EQ(listed("ada").front(), "noted") << "no life is shortened";
  for (const SessionId& id : kept) EXPECT_EQ(noted("ada", id.bytes()), "there") << id.bytes();
}

TEST_P(UserSessionIndexContract, ListsWhatWasThereAtAMoment) {
  add("ada", "s1");
  add("ada", "s2");
  const auto first = index_.noteAllEnded("ada", {}, {});
  ASSERT_TRUE(first);
  EXPECT_THAT(before("ada", *first), testing::UnorderedElementsAre("s1", "s2"));
  add("ada", "s3");
  const IndexedSession login{.user_id = "ada", .id = idOf("s4"), .life = kHour};
  ASSERT_TRUE(index_.admit(login, {.max = 9, .when_full = WhenFull::kEndOldest}, {}));
  EXPECT_EQ(noted("ada", "s1", 3 * kHour), "there");
  EXPECT_EQ(noted("ada", "s3", 3 * kHour), "there, missed");
  ASSERT_TRUE(index_.admit({.user_id = "ada", .id = idOf("s5"), .life = kHour}, {.max = 9}, {}));
  EXPECT_THAT(before("ada", *first), testing::UnorderedElementsAre("s1", "s2")) << "wherever they have moved";
  const std::vector kept = {idOf("s3"), idOf("unknown")};
  const auto second = index_.noteAllEnded("ada", kept, 4 * kHour);
  ASSERT_TRUE(second);
  EXPECT_THAT(before("ada", *second), testing::UnorderedElementsAre("s1", "s2", "s3", "s4", "s5", "unknown"));
  EXPECT_THAT(before("ada", *first), testing::UnorderedElementsAre("s1", "s2", "unknown"));
  EXPECT_THAT(before("bob", *first), testing::IsEmpty());
}

TEST_P(UserSessionIndexContract, PagesOfWhatEndsLeaveNoneOut) {
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(note("ada", "s" + std::to_string(i), kHour + std::chrono::seconds(i / 5)));
  const auto moment = index_.noteAllEnded("ada", {}, {});
  ASSERT_TRUE(moment);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(note("ada", "new" + std::to_string(i), kHour));
  std::vector<std::string> ended;
  std::string from;
  do {
    auto page = index_.listBefore("ada", *moment, from, 3);
    ASSERT_TRUE(page);
    for (const SessionId& id : page->ids) ended.push_back(id.bytes());
    ASSERT_TRUE(index_.remove("ada", page->ids));
    from = std::move(page->next);
  } while (!from.empty());
  EXPECT_THAT(ended, testing::SizeIs(10));
  EXPECT_THAT(ended, testing::Each(testing::StartsWith("s")));
  EXPECT_THAT(listed("ada"), testing::SizeIs(20));
}

TEST_P(UserSessionIndexContract, ThatAllWereEndedTakesNobodysPlace) {
  ASSERT_TRUE(index_.noteAllEnded("ada", {}, {}));
  EXPECT_THAT(listed("ada"), testing::IsEmpty());
  harness_->put(idOf("s1"), "{}", kHour);
  const IndexedSession one{.user_id = "ada", .id = idOf("s1"), .life = kHour};
  const auto admission = index_.admit(one, {.max = 1, .when_full = WhenFull::kRefuse}, {});
  ASSERT_TRUE(admission);
  EXPECT_TRUE(admission->admitted);
}

TEST_P(UserSessionIndexContract, NotesSessionsOfManyUsersAtOnce) {
  std::vector<IndexNote> notes;
  for (const char* user : {"ada", "bob", "eve"}) {
    for (const char* id : {"1", "2"}) {
      notes.push_back({.session = {.user_id = user, .id = idOf(std::string(user) + id), .life = kHour}});
    }
  }
  index_.addAll(notes);
  index_.addAll({});
  for (const IndexNote& note : notes) ASSERT_TRUE(note.result);
  EXPECT_THAT(listed("ada"), testing::UnorderedElementsAre("ada1", "ada2"));
  EXPECT_THAT(listed("bob"), testing::UnorderedElementsAre("bob1", "bob2"));
  EXPECT_THAT(listed("eve"), testing::UnorderedElementsAre("eve1", "eve2"));
}

TEST_P(UserSessionIndexContract, ListsFirstWhatEndsLastAndNeverSooner) {
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(note("ada", "s" + std::to_string(i), kHour + std::chrono::minutes(i)));
  const auto first = [this](std::size_t count) {
    std::string ids;
    const std::vector<SessionId> listed = *index_.list("ada", count);
    for (const SessionId& id : listed) ids += id.bytes() + " ";
    return ids;
  };
  EXPECT_EQ(first(3), "s6 s5 s4 ");
  EXPECT_EQ(first(0), "");
  EXPECT_EQ(first(100), "s6 s5 s4 s3 s2 s1 s0 ");
  ASSERT_TRUE(note("ada", "s6", kHour));
  ASSERT_TRUE(note("ada", "s0", 2 * kHour));
  EXPECT_EQ(first(100), "s0 s6 s5 s4 s3 s2 s1 ");
  const std::vector<SessionId> some = {idOf("s6"), idOf("never there"), idOf("s1")};
  ASSERT_TRUE(index_.remove("ada", some));
  ASSERT_TRUE(index_.remove("ada", {}));
  EXPECT_EQ(first(100), "s0 s5 s4 s3 s2 ");
}

TEST_P(UserSessionIndexContract, AdmitsAsManyAsMayBe) {
  const auto admit = [this](const std::string& id, WhenFull when_full, std::vector<SessionId> leaving = {}) {
    harness_->put(idOf(id), "{}", kHour);
    const SessionLimit limit{.max = 2, .when_full = when_full};
    const auto admission = index_.admit(
        {.user_id = "ada", .id = idOf(id), .life = kHour + std::chrono::minutes(id.back())}, limit, leaving);
    std::string said = !admission ? "error" : admission->admitted ? "yes" : "no";
    if (admission) {
      for (const SessionId& one : admission->surplus) said += " " + one.bytes();
    }
    return said;
  };
  EXPECT_EQ(admit("s1", WhenFull::kRefuse), "yes");
  EXPECT_EQ(admit("s2", WhenFull::kRefuse), "yes");
  EXPECT_EQ(admit("s2", WhenFull::kRefuse), "yes") << "the answer was lost";
  EXPECT_EQ(admit("s3", WhenFull::kRefuse), "no");
  EXPECT_THAT(listed("ada"), testing::UnorderedElementsAre("s1", "s2"));
  EXPECT_EQ(admit("s4", WhenFull::kEndOldest), "yes s1");
  EXPECT_EQ(admit("s4", WhenFull::kEndOldest), "yes s1") << "the answer was lost";
  EXPECT_THAT(listed("ada"), testing::UnorderedElementsAre("s1", "s2", "s4")) << "until it has ended it is to be found";
  ASSERT_TRUE(note("ada", "s1", kHour)) << "a check meets it";
  EXPECT_EQ(admit("s5", WhenFull::kEndOldest), "yes s1 s2") << "and again it is said what is to end";
  ASSERT_TRUE(remove("ada", idOf("s1")));
  ASSERT_TRUE(remove("ada", idOf("s2")));
  EXPECT_EQ(admit("s6", WhenFull::kRefuse, {idOf("s4")}), "yes") << "that one is about to end";
  EXPECT_EQ(admit("s7", WhenFull::kRefuse), "no");
}

/// A thousand logins of one user, from four sides at once, as fast as the store takes them. More than 50 lines: who is
/// alive after them is what three ways of asking have to agree on.
TEST_P(UserSessionIndexContract, NoNumberOfLoginsLosesASessionOrLeavesOneTooMany) {
  constexpr int kSides = 4;
  constexpr int kLogins = 250;
  const auto id_of = [](const std::string& user, int side, int login) {
    return idOf(user + std::to_string(side) + "-" + std::to_string(login));
  };
  for (const bool is_capped : {true, false}) {
    const std::string user = is_capped ? "capped" : "free";
    std::atomic<int> failed = 0;
    {
      std::vector<std::jthread> sides;
      for (int side = 0; side < kSides; ++side) {
        sides.emplace_back([&, side] {
          for (int login = 0; login < kLogins; ++login) {
            const SessionId id = id_of(user, side, login);
            const IndexedSession one{.user_id = user, .id = id, .life = kHour};
            if (!store_.create(id, "{}", kHour)) ++failed;
            if (!is_capped) {
              if (!index_.add(one)) ++failed;
              continue;
            }
            const auto admission = index_.admit(one, {.max = 3, .when_full = WhenFull::kEndOldest}, {});
            if (!admission || !admission->admitted) {
              ++failed;
              continue;
            }
            for (const SessionId& surplus : admission->surplus)
              if (!store_.revoke(surplus, kHour)) ++failed;
            if (!index_.remove(user, admission->surplus)) ++failed;
          }
        });
      }
    }
    EXPECT_EQ(failed, 0);
    std::vector<SessionId> alive;
    for (int side = 0; side < kSides; ++side) {
      for (int login = 0; login < kLogins; ++login) {
        const SessionId id = id_of(user, side, login);
        if (harness_->value(id)) alive.push_back(id);
      }
    }
    EXPECT_EQ(alive.size(), is_capped ? 3U : std::size_t{kSides} * kLogins);
    const auto noted = index_.list(user, 2 * kSides * kLogins);
    ASSERT_TRUE(noted);
    EXPECT_THAT(*noted, testing::UnorderedElementsAreArray(alive));
    const auto moment = index_.noteAllEnded(user, {}, kHour);
    ASSERT_TRUE(moment);
    std::vector<SessionId> ending;
    std::string from;
    do {
      auto page = index_.listBefore(user, *moment, from, 100);
      ASSERT_TRUE(page);
      ending.insert(ending.end(), page->ids.begin(), page->ids.end());
      ASSERT_TRUE(index_.remove(user, page->ids));
      from = std::move(page->next);
    } while (!from.empty());
    EXPECT_THAT(ending, testing::UnorderedElementsAreArray(alive));
  }
}

TEST_P(UserSessionIndexContract, TakesUserIdsAndSessionIdsOfAnyBytes) {
  const std::string user("a\0\xff \r\n", 6);
  add(user, std::string_view("s\0\xff", 3));
  EXPECT_THAT(listed(user), testing::ElementsAre(std::string("s\0\xff", 3)));
  EXPECT_THAT(listed("a"), testing::IsEmpty());
}

}  // namespace sessiond
