// What every SessionStore must do, as tests that run against each of them (UserSessionIndex:
// user_session_index_contract.h).
//
// A store's test includes this header, derives a harness that makes a fresh store and can look behind it, and
// instantiates the suites:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, SessionStoreContract, testing::Values([] {
//     return std::unique_ptr<StoreHarness>(std::make_unique<MemoryHarness>()); }));

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
#include "session/user_session_index.h"
#include "support/session_ids.h"

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

}  // namespace sessiond
