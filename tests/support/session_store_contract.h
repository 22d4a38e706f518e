// What every SessionStore and UserSessionIndex must do, as tests that run against each of them.
//
// A store's test includes this header, derives a harness that makes a fresh store and can look behind it, and
// instantiates the suites:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, SessionStoreContract, testing::Values([] {
//     return std::unique_ptr<StoreHarness>(std::make_unique<MemoryHarness>()); }));
//
// More than 400 lines because it is one contract, and whoever makes a store reads it whole.

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "session/session_store.h"

namespace sessiond {

/// One store, empty at first, and another program's ways to its data.
class StoreHarness {
 public:
  virtual ~StoreHarness() = default;
  virtual SessionStore& store() = 0;
  virtual UserSessionIndex& index() = 0;
  /// Stores a value, whatever stands there.
  virtual void put(const SessionId& id, std::string_view json, std::chrono::seconds ttl) = 0;
  /// Makes the session's key something that is no string.
  virtual void putWrongType(const SessionId& id) = 0;
  /// The value stored, also behind a tombstone.
  virtual std::optional<std::string> value(const SessionId& id) = 0;
  virtual std::optional<std::chrono::seconds> ttl(const SessionId& id) = 0;
  virtual std::optional<std::chrono::seconds> tombstoneTtl(const SessionId& id) = 0;
  /// Makes the counter of how often everybody was logged out something else.
  virtual void damageEpoch() = 0;
  /// Is an id of these bytes one that this store keeps a session under? Where not, it is nobody's.
  virtual bool takes(const SessionId&) { return true; }
  /// Stores a user with a password; the tag of it.
  virtual std::uint64_t putUser(const std::string& login) = 0;
};

using StoreHarnessFactory = std::function<std::unique_ptr<StoreHarness>()>;

class SessionStoreContract : public testing::TestWithParam<StoreHarnessFactory> {
 protected:
  static SessionId idOf(std::string_view bytes) { return *SessionId::fromBytes(bytes); }

  Expected<StoredSession, StoreError> load(const SessionId& id) {
    SessionLoad load;
    load.id = &id;
    store_.load({&load, 1});
    return load.result;
  }
  /// What a load finds, as text.
  std::string found(const SessionId& id) {
    const Expected<StoredSession, StoreError> stored = load(id);
    if (!stored) return stored.error() == StoreError::kCorrupt ? "corrupt" : "unavailable";
    return std::string(stored->revoked ? "revoked " : "") + std::string(stored->json.value_or("nothing"));
  }
  std::optional<ReplaceOutcome> replace(const SessionId& id, std::string_view expected, std::string_view next) {
    const Expected<ReplaceOutcome, StoreError> outcome = store_.replace(id, expected, next);
    if (!outcome) return std::nullopt;
    return *outcome;
  }
  /// The time to live, give or take what a test may have slept.
  static bool isAbout(std::optional<std::chrono::seconds> ttl, std::chrono::seconds expected) {
    return ttl && *ttl <= expected && *ttl > expected - std::chrono::seconds(30);
  }

  static constexpr std::chrono::seconds kHour{3600};

  std::unique_ptr<StoreHarness> harness_ = GetParam()();
  SessionStore& store_ = harness_->store();
  const SessionId id_ = idOf("sid");
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SessionStoreContract);

TEST_P(SessionStoreContract, KnowsHowOftenEverybodyWasLoggedOut) {
  EXPECT_EQ(load(id_)->epoch, 0U);
  EXPECT_EQ(*store_.raiseEpoch(0), 0U);
  EXPECT_EQ(*store_.raiseEpoch(5), 5U);
  EXPECT_EQ(*store_.raiseEpoch(3), 5U) << "never lowered";
  EXPECT_EQ(load(id_)->epoch, 5U);
  harness_->damageEpoch();
  const auto damaged = store_.raiseEpoch(9);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error(), StoreError::kCorrupt);
  ASSERT_TRUE(load(id_)) << "what nobody can tell is that alone";
  EXPECT_EQ(load(id_)->epoch, std::nullopt);
}

TEST_P(SessionStoreContract, ReadsAUserWithTheSession) {
  harness_->put(id_, "{}", kHour);
  const auto tagOf = [this](std::string_view user) {
    SessionLoad load{.id = &id_, .user = user};
    store_.load({&load, 1});
    EXPECT_TRUE(load.result);
    return load.result ? load.result->user_tag : 1;
  };
  EXPECT_EQ(tagOf("ada"), 0U);
  const std::uint64_t tag = harness_->putUser("ada");
  EXPECT_NE(tag, 0U);
  EXPECT_EQ(tagOf("ada"), tag);
  EXPECT_EQ(tagOf("grace"), 0U);
  EXPECT_EQ(tagOf(""), 0U);
  EXPECT_EQ(found(id_), "{}");
}

TEST_P(SessionStoreContract, FindsNothingWhereNothingIs) {
  EXPECT_EQ(found(id_), "nothing");
}

TEST_P(SessionStoreContract, FindsWhatWasCreated) {
  ASSERT_TRUE(store_.create(id_, "{\"cookie\":{}}", kHour));
  EXPECT_EQ(found(id_), "{\"cookie\":{}}");
  EXPECT_TRUE(isAbout(harness_->ttl(id_), kHour));
  EXPECT_EQ(harness_->tombstoneTtl(id_), std::nullopt);
}

TEST_P(SessionStoreContract, FindsWhatOthersStored) {
  harness_->put(id_, "anything at all", kHour);
  EXPECT_EQ(found(id_), "anything at all");
}

TEST_P(SessionStoreContract, LoadsABatchEachByItself) {
  const std::vector<SessionId> ids = {idOf("a"), idOf("b"), idOf("c"), idOf("d"), idOf("a")};
  harness_->put(ids[0], "A", kHour);
  ASSERT_TRUE(store_.revoke(ids[1], kHour));
  harness_->putWrongType(ids[3]);
  std::vector<SessionLoad> loads(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) loads[i].id = &ids[i];
  store_.load(loads);
  EXPECT_EQ(loads[0].result->json, "A");
  EXPECT_FALSE(loads[0].result->revoked);
  EXPECT_TRUE(loads[1].result->revoked);
  EXPECT_EQ(loads[1].result->json, std::nullopt);
  EXPECT_EQ(loads[2].result->json, std::nullopt);
  EXPECT_FALSE(loads[2].result->revoked);
  EXPECT_EQ(loads[3].result.error(), StoreError::kCorrupt);
  EXPECT_EQ(loads[4].result->json, "A");
}

TEST_P(SessionStoreContract, LoadsAndTouchesNothingAtAll) {
  store_.load({});
}

TEST_P(SessionStoreContract, LoadsHundredsAtOnce) {
  std::vector<SessionId> ids;
  for (int i = 0; i < 300; ++i) ids.push_back(idOf("batch" + std::to_string(i)));
  for (std::size_t i = 0; i < ids.size(); i += 3) harness_->put(ids[i], std::to_string(i), kHour);
  std::vector<SessionLoad> loads(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) loads[i].id = &ids[i];
  store_.load(loads);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ASSERT_TRUE(loads[i].result) << i;
    EXPECT_EQ(loads[i].result->json, i % 3 == 0 ? std::optional(std::to_string(i)) : std::nullopt) << i;
  }
}

TEST_P(SessionStoreContract, KeepsTheTextOfALoadUntilTheThreadsNextOne) {
  const std::vector<SessionId> ids = {idOf("a"), idOf("b")};
  const std::string large(50000, 'A');
  harness_->put(ids[0], large, kHour);
  harness_->put(ids[1], "B", kHour);
  SessionLoad loads[] = {{.id = &ids[0]}, {.id = &ids[1]}};
  store_.load(loads);
  std::jthread([&] { EXPECT_EQ(found(ids[1]), "B"); }).join();
  ASSERT_TRUE(store_.create(idOf("c"), "C", kHour));
  EXPECT_EQ(replace(ids[0], *loads[0].result->json, "another"), ReplaceOutcome::kReplaced);
  ASSERT_TRUE(store_.revoke(ids[1], kHour));
  EXPECT_TRUE(loads[0].result->json == large);
  EXPECT_EQ(loads[1].result->json, "B");
  EXPECT_EQ(found(ids[0]), "another");
}

TEST_P(SessionStoreContract, CallsAWrongTypeCorrupt) {
  harness_->putWrongType(id_);
  EXPECT_EQ(found(id_), "corrupt");
}

TEST_P(SessionStoreContract, TellsIdsApartByEveryByte) {
  const SessionId with_nul = idOf(std::string_view("a\0b", 3));
  const SessionId shorter = idOf("a");
  const SessionId binary = idOf("\xff\r\n$5 *?[]{}\\\"");
  const SessionId longest = idOf(std::string(SessionId::kMaxBytes, 'x'));
  ASSERT_TRUE(store_.create(with_nul, "1", kHour));
  ASSERT_TRUE(store_.create(shorter, "2", kHour));
  ASSERT_TRUE(store_.create(binary, "3", kHour));
  ASSERT_TRUE(store_.create(longest, "4", kHour));
  EXPECT_EQ(found(with_nul), "1");
  EXPECT_EQ(found(shorter), "2");
  EXPECT_EQ(found(binary), harness_->takes(binary) ? "3" : "nothing");
  EXPECT_EQ(found(longest), "4");
}

TEST_P(SessionStoreContract, KeepsLargeAndBinaryValues) {
  std::string large(200 * 1024, 'x');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 7);
  ASSERT_TRUE(store_.create(id_, large, kHour));
  EXPECT_TRUE(load(id_)->json == large);
  const std::string next = large + std::string("\0\r\n", 3);
  EXPECT_EQ(replace(id_, large, next), ReplaceOutcome::kReplaced);
  EXPECT_TRUE(load(id_)->json == next);
}

TEST_P(SessionStoreContract, ReplaceWritesWhenTheValueIsTheExpectedOne) {
  harness_->put(id_, "old", kHour);
  EXPECT_EQ(replace(id_, "old", "new"), ReplaceOutcome::kReplaced);
  EXPECT_EQ(found(id_), "new");
  EXPECT_TRUE(isAbout(harness_->ttl(id_), kHour));
}

TEST_P(SessionStoreContract, ReplaceLeavesAChangedValueAlone) {
  harness_->put(id_, "theirs", kHour);
  EXPECT_EQ(replace(id_, "old", "new"), ReplaceOutcome::kChanged);
  EXPECT_EQ(replace(id_, "their", "new"), ReplaceOutcome::kChanged);
  EXPECT_EQ(replace(id_, "theirs ", "new"), ReplaceOutcome::kChanged);
  EXPECT_EQ(found(id_), "theirs");
}

TEST_P(SessionStoreContract, ReplaceNeverCreates) {
  EXPECT_EQ(replace(id_, "old", "new"), ReplaceOutcome::kMissing);
  EXPECT_EQ(replace(id_, "", "new"), ReplaceOutcome::kMissing);
  EXPECT_EQ(harness_->value(id_), std::nullopt);
}

TEST_P(SessionStoreContract, ReplaceDoesNotBringBackARevokedSession) {
  ASSERT_TRUE(store_.revoke(id_, kHour));
  EXPECT_EQ(replace(id_, "old", "new"), ReplaceOutcome::kMissing);
  harness_->put(id_, "old", kHour);
  EXPECT_EQ(replace(id_, "old", "new"), ReplaceOutcome::kMissing);
  EXPECT_EQ(harness_->value(id_), "old");
}

TEST_P(SessionStoreContract, ReplaceOfAWrongTypeIsCorrupt) {
  harness_->putWrongType(id_);
  const Expected<ReplaceOutcome, StoreError> outcome = store_.replace(id_, "old", "new");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error(), StoreError::kCorrupt);
}

TEST_P(SessionStoreContract, OneOfManyConcurrentReplacesWins) {
  harness_->put(id_, "start", kHour);
  std::vector<std::optional<ReplaceOutcome>> outcomes(8);
  {
    std::vector<std::jthread> writers;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      writers.emplace_back([this, i, &outcomes] { outcomes[i] = replace(id_, "start", "by " + std::to_string(i)); });
    }
  }
  EXPECT_THAT(outcomes, testing::Contains(std::optional(ReplaceOutcome::kReplaced)).Times(1));
  EXPECT_THAT(outcomes, testing::Contains(std::optional(ReplaceOutcome::kChanged)).Times(7));
}

TEST_P(SessionStoreContract, RevokeDeletesAndBuries) {
  harness_->put(id_, "value", kHour);
  ASSERT_TRUE(store_.revoke(id_, 2 * kHour));
  EXPECT_EQ(harness_->value(id_), std::nullopt);
  EXPECT_TRUE(isAbout(harness_->tombstoneTtl(id_), 2 * kHour));
  EXPECT_EQ(found(id_), "revoked nothing");
}

TEST_P(SessionStoreContract, RevokeBuriesAlsoWhatIsNotThere) {
  ASSERT_TRUE(store_.revoke(id_, kHour));
  EXPECT_EQ(found(id_), "revoked nothing");
}

TEST_P(SessionStoreContract, ATombstoneOutranksAValueWrittenLate) {
  ASSERT_TRUE(store_.revoke(id_, kHour));
  harness_->put(id_, "written late", kHour);
  EXPECT_EQ(found(id_), "revoked written late");
  ASSERT_TRUE(store_.revoke(id_, kHour));
  EXPECT_EQ(found(id_), "revoked nothing");
}

TEST_P(SessionStoreContract, NothingShortensATombstone) {
  ASSERT_TRUE(store_.revoke(id_, 30 * kHour));
  EXPECT_EQ(*store_.revoke(id_, kHour), Burial::kBuried);
  EXPECT_TRUE(isAbout(harness_->tombstoneTtl(id_), 30 * kHour));
  harness_->put(id_, "written late", kHour);
  EXPECT_EQ(*store_.revoke(id_, kHour), Burial::kBuried);
  EXPECT_EQ(found(id_), "revoked nothing");
  EXPECT_TRUE(isAbout(harness_->tombstoneTtl(id_), 30 * kHour));
  ASSERT_TRUE(store_.revoke(id_, 40 * kHour));
  EXPECT_TRUE(isAbout(harness_->tombstoneTtl(id_), 40 * kHour));
}

TEST_P(SessionStoreContract, RevokesManyEachWithItsOwnTombstone) {
  harness_->put(idOf("a"), "value", kHour);
  harness_->putWrongType(idOf("b"));
  std::vector<SessionRevocation> many = {{.id = idOf("a"), .tombstone_ttl = kHour},
                                         {.id = idOf("b"), .tombstone_ttl = 2 * kHour},
                                         {.id = idOf("a"), .tombstone_ttl = 3 * kHour}};
  store_.revoke(many);
  for (const SessionRevocation& one : many) EXPECT_EQ(*one.result, Burial::kBuried);
  EXPECT_EQ(found(idOf("a")), "revoked nothing");
  EXPECT_EQ(found(idOf("b")), "revoked nothing");
  EXPECT_TRUE(isAbout(harness_->tombstoneTtl(idOf("a")), 3 * kHour));
  EXPECT_TRUE(isAbout(harness_->tombstoneTtl(idOf("b")), 2 * kHour));
  store_.revoke(std::span<SessionRevocation>());
}

TEST_P(SessionStoreContract, TombstonesOfOddIdsAreApart) {
  std::vector<std::string> odd = {"a", "{a}", "{{a}}", "a}", "}", "{", "{}", "{}a", "tagged:{a}", "{a}}", "a}{a"};
  std::erase_if(odd, [this](const std::string& id) { return !harness_->takes(idOf(id)); });
  for (const std::string& id : odd) {
    ASSERT_TRUE(store_.revoke(idOf(id), kHour)) << id;
    for (const std::string& other : odd)
      EXPECT_EQ(load(idOf(other))->revoked, harness_->tombstoneTtl(idOf(other)).has_value()) << id << " " << other;
  }
  for (const std::string& id : odd) EXPECT_EQ(found(idOf(id)), "revoked nothing") << id;
  EXPECT_EQ(found(idOf("{a")), "nothing");
}

TEST_P(SessionStoreContract, RevokingOneLeavesOthersAlone) {
  harness_->put(id_, "one", kHour);
  harness_->put(idOf("sid2"), "two", kHour);
  ASSERT_TRUE(store_.revoke(id_, kHour));
  EXPECT_EQ(found(idOf("sid2")), "two");
}

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

TEST_P(UserSessionIndexContract, TakesUserIdsAndSessionIdsOfAnyBytes) {
  const std::string user("a\0\xff \r\n", 6);
  add(user, std::string_view("s\0\xff", 3));
  EXPECT_THAT(listed(user), testing::ElementsAre(std::string("s\0\xff", 3)));
  EXPECT_THAT(listed("a"), testing::IsEmpty());
}

}  // namespace sessiond
