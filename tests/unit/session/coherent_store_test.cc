#include "session/coherent_store.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "support/fake_clock.h"
#include "support/memory_session_store.h"
#include "support/passing_store.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

using std::chrono::seconds;

class CoherentStoreTest : public testing::Test {
 protected:
  CoherentStoreTest() { trust_.prove(trust_.beginEra(), clock_.steadyNow()); }

  SteadyTime now() { return clock_.steadyNow(); }
  void keep(const SessionCache::Note& note) {
    cache_.keep(id_, note, {.absence = {}, .session = session_, .ends = SteadyTime::max()}, "s:a.sig", true, now());
  }
  bool isFresh() { return cache_.recognize("s:a.sig", now()).found.has_value(); }

  const SessionId id_ = idOf("a");
  const SessionRef session_ = KnownSession::make(id_, SessionFacts(), "s:a.sig");
  FakeClock clock_;
  CacheTrust trust_{seconds(1)};
  SessionCache cache_{CacheLimits{}, trust_};
  MemorySessionStore memory_{clock_};
  MetricsRegistry metrics_;
  RevokedSessions revoked_{clock_, metrics_};
  LiveCaches caches_;
  const LiveCaches::Membership membership_{caches_, cache_};
  LoginEpoch epoch_;
  std::vector<std::string> unburied_;
  const CoherentStore::Unburied note_ = [this](const SessionId& id) {
    EXPECT_TRUE(revoked_.contains(id.bytes())) << "by then";
    unburied_.push_back(id.bytes());
  };
  std::uint64_t renewals_ = 0;
  const CoherentStore::Renewals count_ = [this] { return renewals_; };
  CoherentStore store_{memory_, caches_, revoked_, epoch_, clock_, note_, count_};
};

/// While anything is revoked, whatever was revoked before is written again.
class RenewedStore final : public PassingStore {
 public:
  RenewedStore(SessionStore& store, std::uint64_t& renewals) : PassingStore(store), renewals_(renewals) {}

  using PassingStore::revoke;
  void revoke(std::span<SessionRevocation> revocations) override {
    ++renewals_;
    PassingStore::revoke(revocations);
  }

 private:
  std::uint64_t& renewals_;
};

TEST_F(CoherentStoreTest, WhatIsWrittenHereIsKnownHereBeforeItIsAnswered) {
  const std::pair<const char*, std::function<bool()>> writes[] = {
      {"create", [this] { return store_.create(id_, "1", seconds(10)).hasValue(); }},
      {"replace", [this] { return store_.replace(id_, "1", "2").hasValue(); }},
      {"revoke", [this] { return store_.revoke(id_, seconds(10)).hasValue(); }},
  };
  for (const auto& [name, write] : writes) {
    keep(cache_.note(id_, now()));
    ASSERT_TRUE(isFresh()) << name;
    const SessionCache::Note under_way = cache_.note(id_, now());
    EXPECT_TRUE(write()) << name;
    EXPECT_FALSE(isFresh()) << name;
    EXPECT_FALSE(cache_.mayJoin(id_, under_way, now())) << name;
    keep(under_way);
    EXPECT_FALSE(isFresh()) << name << ": what was asked before may be older";
    clock_.advance(std::chrono::milliseconds(1));
  }
}

TEST_F(CoherentStoreTest, WhatWasRevokedIsRememberedAndWhatWasNotIsNot) {
  ASSERT_TRUE(store_.create(id_, "1", seconds(10)));
  EXPECT_FALSE(revoked_.contains("a"));
  memory_.failWith(StoreError::kTimeout);
  EXPECT_FALSE(store_.revoke(id_, seconds(10)));
  EXPECT_TRUE(unburied_.empty());
  EXPECT_FALSE(revoked_.contains("a")) << "it may live on, and nobody was told that it has ended";
  memory_.failWith(std::nullopt);
  memory_.beFull(true);
  ASSERT_EQ(*store_.revoke(id_, seconds(10)), Burial::kUnburied);
  EXPECT_EQ(revoked_.tombstoneOf("a"), seconds(10));
  EXPECT_EQ(unburied_, std::vector<std::string>{"a"});
  memory_.beFull(false);
  ASSERT_EQ(*store_.revoke(id_, seconds(10)), Burial::kBuried);
  EXPECT_EQ(unburied_.size(), 1U);
}

/// A failover, say, after which nothing was known of it yet.
TEST_F(CoherentStoreTest, WhatWasRevokedWhileTombstonesWereWrittenAgainIsSomebodysToBuryAgain) {
  RenewedStore renewed(memory_, renewals_);
  CoherentStore store(renewed, caches_, revoked_, epoch_, clock_, note_, count_);
  ASSERT_EQ(*store.revoke(id_, seconds(10)), Burial::kBuried);
  EXPECT_EQ(unburied_, std::vector<std::string>{"a"});
  ASSERT_EQ(*store_.revoke(idOf("b"), seconds(10)), Burial::kBuried);
  memory_.failWith(StoreError::kTimeout);
  EXPECT_FALSE(store.revoke(idOf("c"), seconds(10)));
  EXPECT_EQ(unburied_.size(), 1U) << "none was written since, and one was not revoked";
}

TEST_F(CoherentStoreTest, EveryCacheThatAnswersKnowsOfIt) {
  SessionCache next{CacheLimits{}, trust_};
  const LiveCaches::Membership while_both_answer(caches_, next);
  next.keep(id_, next.note(id_, now()), {.absence = {}, .session = session_, .ends = SteadyTime::max()}, "s:a.sig",
            true, now());
  ASSERT_TRUE(next.recognize("s:a.sig", now()).found);
  ASSERT_TRUE(store_.revoke(id_, seconds(10)));
  EXPECT_FALSE(next.recognize("s:a.sig", now()).found);
}

TEST_F(CoherentStoreTest, AWriteThatFailedMayHaveHappened) {
  keep(cache_.note(id_, now()));
  memory_.failWith(StoreError::kTimeout);
  EXPECT_FALSE(store_.revoke(id_, seconds(10)));
  EXPECT_FALSE(isFresh());
}

TEST_F(CoherentStoreTest, HowOftenEverybodyWasLoggedOutIsKnownBeforeItIsAnsweredAndGivenBack) {
  ASSERT_EQ(*store_.raiseEpoch(5), 5U);
  EXPECT_EQ(epoch_.seen(), 5U);
  epoch_.note(9);
  EXPECT_EQ(*store_.raiseEpoch(0), 9U) << "the server has lost what was seen of it";
  memory_.failWith(StoreError::kTimeout);
  EXPECT_FALSE(store_.raiseEpoch(20));
  EXPECT_EQ(epoch_.seen(), 9U) << "nobody was told that everybody is logged out";
}

TEST_F(CoherentStoreTest, ReadingChangesNothing) {
  keep(cache_.note(id_, now()));
  SessionLoad load{.id = &id_};
  store_.load({&load, 1});
  EXPECT_TRUE(isFresh());
}

}  // namespace
}  // namespace sessiond
