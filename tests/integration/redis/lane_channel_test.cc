// LaneChannel with a real Redis, and canaries that come back when the test says so: over which connection an answer can
// be fresh, and when a connection is of no use any more.

#include "redis/lane_channel.h"

#include <filesystem>
#include <optional>
#include <set>
#include <sstream>
#include <string>

#include "cache_instance.h"
#include "redis_test_fixture.h"
#include "support/later_clock.h"
#include "support/poll_loop.h"

namespace sessiond {
namespace {

class LaneChannelTest : public testing::Test, private LaneChannel::Query {
 protected:
  /// `among_others`: the server is one of several.
  explicit LaneChannelTest(bool among_others = false, const std::vector<std::string>& configuration = {},
                           milliseconds command_timeout = 5s)
      : among_others_(among_others),
        command_timeout_(command_timeout),
        server_({.tcp = true, .configuration = configuration}) {
    test_.client.node().vouch(SteadyTime::max());
  }

  void use(milliseconds max_staleness, bool cache_enabled = true) {
    trust_.emplace(max_staleness);
    canaries_.emplace(*trust_, keysFor(SessionSettings()), test_.metrics);
    channel_.emplace(test_.client.node(), cache_enabled ? &*canaries_ : nullptr, max_staleness, loop_, clock_);
  }
  /// What becomes of a question.
  std::string ask() {
    outcome_.clear();
    channel_->send(static_cast<LaneChannel::Query&>(*this), now() + 2 * command_timeout_);
    EXPECT_TRUE(loop_.runUntil([this] { return !outcome_.empty(); }));
    return outcome_;
  }
  /// A subscription stands, as far as the connections know.
  void subscribe() {
    prefix_ = canaries_->newPrefix();
    canaries_->subscribed(prefix_);
  }
  /// Whatever canaries have been written come back; how many.
  int tellOfCanaries() {
    std::istringstream lines(server_.command({"KEYS", prefix_ + "*"}));
    std::set<std::string> keys;
    for (std::string key; std::getline(lines, key);) keys.insert(key);
    for (const std::string& key : keys) canaries_->cameBack(key, prefix_, now());
    return static_cast<int>(keys.size());
  }
  /// That of another connection comes back.
  void proveByAnother() {
    const std::string moment = std::to_string(now().time_since_epoch().count());
    other_ = canaries_->add();
    canaries_->cameBack(prefix_ + std::to_string(other_->number) + ":" + moment, prefix_, now());
  }
  /// Every question is answered meanwhile.
  template <typename Condition>
  bool isAnsweredUntil(Condition condition) {
    return soon([&] {
      EXPECT_NE(ask(), "failed");
      return condition();
    });
  }
  /// Lets the channel give its signs of life while nobody asks anything.
  void live() {
    channel_->noteUse();
    loop_.run(milliseconds(0));
  }
  SteadyTime now() { return clock_.steadyNow(); }

  const bool among_others_;
  const milliseconds command_timeout_;
  RedisServer server_;
  TestClient test_{[this] {
    RedisSettings config = configFor(server_.unixUrl());
    config.command_timeout = command_timeout_;
    if (among_others_) config.cluster.nodes = {"127.0.0.1:1"};
    return config;
  }()};
  LaterClock clock_;
  std::optional<CacheTrust> trust_;
  std::optional<Canaries> canaries_;

 private:
  void write(RedisCommands& commands) override { commands.add({"GET", "sess:a"}); }
  void answered(RedisReplies&, std::size_t, bool tracked) override { outcome_ = tracked ? "tracked" : "untracked"; }
  void failed(StoreError) override { outcome_ = "failed"; }

  PollLoop loop_;
  std::string prefix_;
  Canaries::ProofRef other_;
  std::string outcome_;
  std::optional<LaneChannel> channel_;
};

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
class AgingLaneChannelTest : public LaneChannelTest {
 protected:
  AgingLaneChannelTest() { clock_.hold(); }

  /// Old enough for a successor, and not too old yet.
  void letTheConnectionGrowOld() { clock_.advance(41s); }
};

TEST_F(AgingLaneChannelTest, AnOldConnectionIsLetGoOfOnceItsSuccessorStands) {
  use(30s, false);
  EXPECT_EQ(ask(), "untracked");
  letTheConnectionGrowOld();
  ASSERT_TRUE(isAnsweredUntil([&] { return test_.connectionsOpened() == 2; }));
  EXPECT_EQ(ask(), "untracked");
  EXPECT_TRUE(soon([&] {
    const std::string list = server_.command({"CLIENT", "LIST"});
    const std::size_t first = list.find("name=sessiond");
    return first != std::string::npos && list.find("name=sessiond", first + 1) == std::string::npos;
  }));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(), "untracked");
  EXPECT_EQ(test_.connectionsOpened(), 2U) << "the successor is young";
}

TEST_F(AgingLaneChannelTest, ASuccessorIsTrackedOnceACanaryOfItsOwnHasComeBack) {
  use(60s);
  subscribe();
  EXPECT_EQ(ask(), "untracked");
  ASSERT_EQ(tellOfCanaries(), 1);
  letTheConnectionGrowOld();
  EXPECT_EQ(ask(), "tracked");
  ASSERT_TRUE(isAnsweredUntil([&] { return test_.connectionsOpened() == 2; }));
  EXPECT_EQ(ask(), "untracked") << "what the one before it has proven is not its own";
  EXPECT_GT(tellOfCanaries(), 1);
  EXPECT_EQ(ask(), "tracked");
}

TEST_F(AgingLaneChannelTest, WhatTheOneBeforeItMissesASuccessorDoesNot) {
  use(60s);
  subscribe();
  EXPECT_EQ(ask(), "untracked");
  const auto before = canaries_->current();
  clock_.advance(5s);
  proveByAnother();  // so soon behind that it overtakes nothing
  clock_.advance(36s);
  ASSERT_TRUE(isAnsweredUntil([&] { return test_.connectionsOpened() == 2; }));
  EXPECT_EQ(ask(), "untracked") << "over the successor";
  clock_.advance(21s);
  ASSERT_TRUE(trust_->holds(now())) << "who misses a canary gives up sooner then";
  EXPECT_EQ(ask(), "untracked");
  EXPECT_EQ(canaries_->current(), before) << "its own canary has had 21 of 60 seconds";
}

TEST_F(AgingLaneChannelTest, WhereTheServerIsFullTheOldConnectionGoesOn) {
  use(30s, false);
  EXPECT_EQ(ask(), "untracked");
  TestClient other(configFor(server_.unixUrl()));
  ASSERT_EQ(other.text({"CONFIG", "SET", "maxclients", "2"}), "OK");
  letTheConnectionGrowOld();
  ASSERT_TRUE(isAnsweredUntil([&] { return test_.errors("connect") == 1; }));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(), "untracked");
  EXPECT_EQ(test_.connectionsOpened(), 1U);
  EXPECT_EQ(other.text({"CONFIG", "SET", "maxclients", "100"}), "OK");
  clock_.advance(RedisNode::kSuccessorPause);
  EXPECT_TRUE(isAnsweredUntil([&] { return test_.connectionsOpened() == 2; }));
}

TEST_F(AgingLaneChannelTest, ARefusedSuccessorIsNoLoss) {
  use(30s, false);
  RedisClient& workers = test_.client;
  const NodeObservers::Registration registration(workers.node().observers(),
                                                 {.moved = [] {}, .doubted = [] {}, .lost = [&] { workers.renew(); }});
  EXPECT_EQ(ask(), "untracked");
  EXPECT_EQ(test_.text({"PING"}), "PONG");
  server_.command({"CONFIG", "SET", "requirepass", "other"});
  letTheConnectionGrowOld();
  ASSERT_TRUE(isAnsweredUntil([&] { return test_.errors("connect") == 1; }));
  EXPECT_EQ(test_.text({"PING"}), "PONG") << "over the connection that there is";
}

TEST_F(AgingLaneChannelTest, NoConnectionOutlivesItsAgeBecauseItsSuccessorsAreRefused) {
  use(30s, false);
  EXPECT_EQ(ask(), "untracked");
  server_.command({"CONFIG", "SET", "requirepass", "other"});
  letTheConnectionGrowOld();
  ASSERT_TRUE(isAnsweredUntil([&] { return test_.errors("connect") == 1; }));
  clock_.advance(20s);
  EXPECT_EQ(ask(), "failed") << "where the address leads by now nobody knows";
}

TEST_F(AgingLaneChannelTest, WhereTheAddressLeadsNowhereTheOldConnectionGoesOnUntilItIsTooOld) {
  use(30s, false);
  EXPECT_EQ(ask(), "untracked");
  std::filesystem::remove(server_.socketPath());
  letTheConnectionGrowOld();
  ASSERT_TRUE(isAnsweredUntil([&] { return test_.errors("connect") == 1; }));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(), "untracked");
  clock_.advance(20s);
  EXPECT_EQ(ask(), "failed");
}

TEST_F(AgingLaneChannelTest, WhereASuccessorMeetsAReplicaTheOldConnectionIsNotKept) {
  use(600s, false);
  EXPECT_EQ(ask(), "untracked");
  server_.command({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_EQ(ask(), "untracked") << "no sign of life is due";
  letTheConnectionGrowOld();
  ASSERT_TRUE(isAnsweredUntil([&] { return test_.errors("connect") == 1; }));
  EXPECT_EQ(ask(), "failed");
}

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
