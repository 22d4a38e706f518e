// LaneChannel with a real Redis: connections that grow old, and their successors.

#include <filesystem>
#include <string>

#include "lane_channel_fixture.h"

namespace sessiond {
namespace {

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

}  // namespace
}  // namespace sessiond
