// LaneChannel with a real Redis: over which connection an answer can be fresh, and when a connection is of no use any
// more.

#include "redis/lane_channel.h"

#include <string>

#include "lane_channel_fixture.h"

namespace sessiond {
namespace {

TEST_F(LaneChannelTest, AConnectionIsTrackedOnceACanaryOfItsOwnHasComeBack) {
  use(30s);
  EXPECT_EQ(ask(), "untracked") << "there is no subscription";
  subscribe();
  EXPECT_EQ(ask(), "untracked");
  proveByAnother();
  ASSERT_TRUE(trust_->holds(now()));
  EXPECT_EQ(ask(), "untracked") << "where this one leads nobody knows";
  EXPECT_EQ(tellOfCanaries(), 1);
  EXPECT_EQ(ask(), "tracked");
  subscribe();
  EXPECT_EQ(ask(), "untracked") << "another subscription";
}

TEST_F(LaneChannelTest, WhatWasJustWrittenIsReadBackInTheSameDatabase) {
  use(2s);
  subscribe();
  EXPECT_EQ(ask(), "untracked");
  ASSERT_EQ(tellOfCanaries(), 1);
  server_.command({"FLUSHALL"});
  const std::uint64_t before = canaries_->generation();
  EXPECT_TRUE(soon(
      [&] {
        ask();
        tellOfCanaries();
        return canaries_->generation() != before;
      },
      15s));
  EXPECT_EQ(canaries_->givenUpFor(), DistrustReason::kDatabase);
}

TEST_F(LaneChannelTest, WhatMayBeWrittenAndNotReadBackProvesNothing) {
  use(2s);
  subscribe();
  EXPECT_EQ(ask(), "untracked");
  ASSERT_EQ(tellOfCanaries(), 1);
  server_.command({"ACL", "SETUSER", "default", "-get"});
  const std::uint64_t before = canaries_->generation();
  EXPECT_TRUE(soon(
      [&] {
        ask();
        tellOfCanaries();
        return canaries_->generation() != before;
      },
      15s));
  EXPECT_FALSE(trust_->holds(now()));
}

TEST_F(LaneChannelTest, WhereCanariesMayNotBeWrittenNoneIsMissed) {
  use(2s);
  subscribe();
  EXPECT_EQ(ask(), "untracked");
  ASSERT_EQ(tellOfCanaries(), 1);
  server_.command({"ACL", "SETUSER", "default", "-set"});
  const std::uint64_t before = canaries_->generation();
  const Counter& refusals = test_.metrics.counter("sessiond_redis_error_replies_total", "", {{"code", "NOPERM"}});
  EXPECT_TRUE(isAnsweredUntil([&] { return refusals.read() >= 3 || canaries_->generation() != before; }));
  EXPECT_EQ(canaries_->generation(), before) << "what was refused need not be there";
}

TEST_F(LaneChannelTest, AReplicaThatHasRefusedACanaryIsNotBelievedUntilTheNextOne) {
  use(4s);
  subscribe();
  EXPECT_EQ(ask(), "untracked");
  ASSERT_EQ(tellOfCanaries(), 1);
  server_.command({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_TRUE(soon([&] {
    live();
    return server_.command({"INFO", "errorstats"}).find("READONLY") != std::string::npos;
  }));
  EXPECT_EQ(ask(), "failed") << "though it answers reads";
}

TEST_F(LaneChannelTest, AConnectionOfAGenerationBeforeIsMadeAnew) {
  use(30s);
  subscribe();
  ask();
  ask();
  EXPECT_EQ(test_.connectionsOpened(), 1U);
  canaries_->renewAll();
  ask();
  EXPECT_EQ(test_.connectionsOpened(), 2U);
}

/// Whose server is given up after so short a time that a test can wait for it.
class ImpatientLaneChannelTest : public LaneChannelTest {
 protected:
  ImpatientLaneChannelTest() : LaneChannelTest(false, {}, 200ms) {}

  /// A question that is sent after `later`, and not answered.
  void askInVain(milliseconds later) {
    clock_.advance(later);
    server_.freeze();
    EXPECT_EQ(ask(), "failed");
    server_.thaw();
  }
};

TEST_F(ImpatientLaneChannelTest, ACanaryThatNobodyAnsweredIsMissed) {
  use(60s);
  subscribe();
  ASSERT_EQ(ask(), "untracked");
  ASSERT_EQ(tellOfCanaries(), 1);
  const auto before = canaries_->current();
  askInVain(20s);
  proveByAnother();
  EXPECT_EQ(canaries_->current(), before) << "it was sent too soon behind";
  clock_.advance(8s);
  proveByAnother();
  EXPECT_NE(canaries_->current(), before);
}

TEST_F(ImpatientLaneChannelTest, WhoWaitedInVainDoesNotBelieveWhatComesOutOfASilence) {
  use(60s);
  subscribe();
  ASSERT_EQ(ask(), "untracked");
  ASSERT_EQ(tellOfCanaries(), 1);
  const auto before = canaries_->current();
  askInVain(1s);  // without a canary
  clock_.advance(61s);
  proveByAnother();
  EXPECT_NE(canaries_->current(), before);
}

/// Whose connections grow old as a test says, and not by themselves.
TEST_F(LaneChannelTest, WhereNothingIsCachedTheServersRoleIsAskedFor) {
  use(40ms, false);
  EXPECT_EQ(ask(), "untracked");
  server_.command({"REPLICAOF", "127.0.0.1", "1"});
  // Long before the connection is old enough for a successor, which would be refused.
  EXPECT_TRUE(soon([&] { return ask() == "failed"; }, 10s)) << "though it answers reads";
  server_.command({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(soon([&] { return ask() == "untracked"; }));
}

class LaneChannelWithoutHello : public LaneChannelTest {
 protected:
  LaneChannelWithoutHello() : LaneChannelTest(false, {"rename-command HELLO \"\""}) {}

  /// A primary, a replica, and a primary again.
  void expectThatOnlyAPrimaryIsBelieved() {
    EXPECT_EQ(ask(), "untracked");
    server_.command({"REPLICAOF", "127.0.0.1", "1"});
    EXPECT_TRUE(soon([&] { return ask() == "failed"; })) << "though it answers reads";
    for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(), "failed") << "over new connections as well";
    server_.command({"REPLICAOF", "NO", "ONE"});
    EXPECT_TRUE(soon([&] { return ask() == "untracked"; }));
  }
};

TEST_F(LaneChannelWithoutHello, WhereNothingIsCachedTheServerHasToTakeWrites) {
  use(40ms, false);
  expectThatOnlyAPrimaryIsBelieved();
}

TEST_F(LaneChannelWithoutHello, WhereThereIsNoSubscriptionTheServerHasToTakeWrites) {
  use(40ms);
  expectThatOnlyAPrimaryIsBelieved();
}

TEST_F(LaneChannelWithoutHello, WhatMayBeHiddenByARefusalIsNotBelieved) {
  use(40ms);
  subscribe();
  ASSERT_EQ(ask(), "untracked");
  server_.command({"ACL", "SETUSER", "default", "-set"});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(), "untracked") << "canaries are refused, and it takes other writes";
  server_.command({"ACL", "SETUSER", "default", "-del"});
  EXPECT_TRUE(soon([&] { return ask() == "failed"; })) << "nobody can tell";
  server_.command({"ACL", "SETUSER", "default", "+del"});
  EXPECT_TRUE(soon([&] { return ask() == "untracked"; }));
}

class LaneChannelAmongOthers : public LaneChannelTest {
 protected:
  LaneChannelAmongOthers() : LaneChannelTest(true) {}
};

TEST_F(LaneChannelAmongOthers, AFullServerThatLacksReplicasIsNotBelieved) {
  use(1s);
  subscribe();
  ASSERT_EQ(ask(), "untracked");
  server_.command({"CONFIG", "SET", "maxmemory", "1"});
  ASSERT_TRUE(soon([&] {
    EXPECT_EQ(ask(), "untracked") << "to be full is no reason";
    return test_.metrics.counter("sessiond_redis_error_replies_total", "", {{"code", "OOM"}}).read() >= 2;
  }));
  server_.command({"CONFIG", "SET", "min-replicas-to-write", "1"});
  EXPECT_TRUE(soon([&] { return ask() == "failed"; }, 10s)) << "though it answers reads";
  server_.command({"CONFIG", "SET", "min-replicas-to-write", "0"});
  EXPECT_TRUE(soon([&] { return ask() == "untracked"; }));
}

}  // namespace
}  // namespace sessiond
