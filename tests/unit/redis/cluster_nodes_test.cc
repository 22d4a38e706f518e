#include "redis/cluster_nodes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/fake_clock.h"

namespace sessiond {
namespace {

RedisAddress address(const std::string& host) {
  RedisAddress made;
  made.host = host;
  return made;
}

RedisSettings settings() {
  RedisSettings config;
  config.cluster.nodes = {"192.0.2.1:6379"};
  return config;
}

class ClusterNodesTest : public testing::Test {
 protected:
  using Ranges = std::vector<ClusterView::Range>;

  void apply(const Ranges& ranges) { nodes_.apply({.epoch = 1, .is_ok = true, .ranges = ranges, .nodes = {}}); }
  /// Somebody says that just this slot is there now.
  void move(Slot slot, const std::string& host) {
    nodes_.follow({.kind = Redirect::Kind::kMoved, .slot = slot, .address = address(host)}, asked_);
  }
  std::string ownerOf(Slot slot) {
    const ClusterNodes::Node* const node = nodes_.of(slot);
    return node == nullptr ? "nobody" : node->address;
  }
  /// Notes who is told what.
  void observe(ClusterNodes::Node& node) {
    registrations_.push_back(std::make_unique<NodeObservers::Registration>(
        node.client.node().observers(),
        NodeObservers::Observer{
            .moved = [this, &node] { told_.push_back(node.address + " moved"); },
            .doubted = [this, &node] { told_.push_back(node.address + " doubted, slot 5 at " + ownerOf(5)); }}));
  }
  bool isVouchedFor(Slot slot) { return nodes_.of(slot)->client.node().isVouchedFor(clock_.steadyNow()); }

  FakeClock clock_;
  MetricsRegistry metrics_;
  ClusterNodes::Node asked_{0,
                            [] {
                              RedisSettings config = settings();
                              config.url = "redis://192.0.2.99";
                              return config;
                            }(),
                            clock_, metrics_};
  ClusterNodes nodes_{settings(), RedisKeys("sess:", "sessiond:"), clock_, metrics_};
  std::vector<std::string> told_;
  std::vector<std::unique_ptr<NodeObservers::Registration>> registrations_;
};

constexpr Slot kLast = kSlots - 1;

TEST_F(ClusterNodesTest, KnowWhoseASlotIs) {
  EXPECT_EQ(ownerOf(0), "nobody");
  EXPECT_FALSE(nodes_.servesAll());
  apply({{0, 99, address("192.0.2.1")}, {100, kLast, address("192.0.2.2")}});
  EXPECT_EQ(ownerOf(99), "192.0.2.1:6379");
  EXPECT_EQ(ownerOf(100), "192.0.2.2:6379");
  EXPECT_TRUE(nodes_.servesAll());
  EXPECT_EQ(nodes_.serving().size(), 2U);
  EXPECT_TRUE(isVouchedFor(0));
}

TEST_F(ClusterNodesTest, ALoserIsDoubtedBeforeTheSlotIsElsewhereAndAfterIt) {
  const ClusterNodes::Registration registration(nodes_, [this](ClusterNodes::Node& node) { observe(node); });
  apply({{0, 99, address("192.0.2.1")}, {100, kLast, address("192.0.2.2")}});
  EXPECT_TRUE(told_.empty()) << "who has lost nothing is not doubted";
  apply({{0, 9, address("192.0.2.2")}, {10, 99, address("192.0.2.1")}, {100, kLast, address("192.0.2.2")}});
  EXPECT_EQ(told_, (std::vector<std::string>{"192.0.2.1:6379 doubted, slot 5 at 192.0.2.1:6379",
                                             "192.0.2.1:6379 doubted, slot 5 at 192.0.2.2:6379"}));
  told_.clear();
  apply({{0, 9, address("192.0.2.2")}, {10, 99, address("192.0.2.1")}, {100, kLast, address("192.0.2.2")}});
  EXPECT_TRUE(told_.empty()) << "nothing new";
}

TEST_F(ClusterNodesTest, WhoHasLostEverythingIsAskedNoMore) {
  const ClusterNodes::Registration registration(nodes_, [this](ClusterNodes::Node& node) { observe(node); });
  apply({{0, 99, address("192.0.2.1")}});
  ClusterNodes::Node* const before = nodes_.of(0);
  apply({{0, 99, address("192.0.2.3")}});
  EXPECT_EQ(told_.back(), "192.0.2.1:6379 moved") << "whatever is known only there is written elsewhere";
  EXPECT_FALSE(before->client.node().isVouchedFor(clock_.steadyNow()));
  EXPECT_TRUE(before->client.node().isIdle());
  EXPECT_EQ(nodes_.serving().size(), 1U);
  apply({{0, 99, address("192.0.2.1")}});
  EXPECT_EQ(nodes_.of(0), before) << "who comes back is the same";
  EXPECT_TRUE(isVouchedFor(0));
}

TEST_F(ClusterNodesTest, ARedirectFixesTheSlotAndAsksForTheRest) {
  apply({{0, kLast, address("192.0.2.1")}});
  Redirect moved{.kind = Redirect::Kind::kMoved, .slot = 7, .address = address("192.0.2.2")};
  ClusterNodes::Node* const to = nodes_.follow(moved, *nodes_.of(7));
  EXPECT_EQ(nodes_.of(7), to);
  EXPECT_EQ(ownerOf(8), "192.0.2.1:6379");
  EXPECT_EQ(nodes_.awaitRefreshRequest(clock_.steadyNow(), {}), ClusterNodes::RefreshReason::kMoved);
  Redirect ask{.kind = Redirect::Kind::kAsk, .slot = 8, .address = address("192.0.2.3")};
  ClusterNodes::Node* const other = nodes_.follow(ask, *nodes_.of(8));
  EXPECT_EQ(other->address, "192.0.2.3:6379");
  EXPECT_EQ(ownerOf(8), "192.0.2.1:6379") << "this once";
  EXPECT_TRUE(other->client.node().isVouchedFor(clock_.steadyNow()));
  clock_.advance(std::chrono::minutes(1));
  EXPECT_FALSE(other->client.node().isVouchedFor(clock_.steadyNow()));
  EXPECT_FALSE(nodes_.awaitRefreshRequest(clock_.steadyNow(), {}).has_value());
}

TEST_F(ClusterNodesTest, ARedirectWithoutAHostIsToThatOfTheNodeAsked) {
  apply({{0, kLast, address("2001:db8::1")}});
  Redirect moved{.kind = Redirect::Kind::kMoved, .slot = 7, .address = {}};
  moved.address.port = 7001;
  EXPECT_EQ(nodes_.follow(moved, *nodes_.of(7))->address, "[2001:db8::1]:7001");
}

TEST_F(ClusterNodesTest, CanariesAreInASlotOfTheNodeThatStays) {
  apply({{0, 99, address("192.0.2.1")}, {100, kLast, address("192.0.2.2")}});
  const ClusterNodes::Number first = nodes_.of(0)->number;
  EXPECT_EQ(hashSlot("x{" + nodes_.canaryTag(first) + "}"), 99);
  nodes_.avoidCanarySlot(first, 50);
  EXPECT_EQ(hashSlot(nodes_.canaryTag(first)), 99) << "of another one nobody speaks";
  nodes_.avoidCanarySlot(first, 99);
  EXPECT_EQ(hashSlot(nodes_.canaryTag(first)), 98);
  move(98, "192.0.2.2");
  EXPECT_EQ(hashSlot(nodes_.canaryTag(first)), 97) << "the one that was avoided still is";
}

/// Whoever empties a node moves many slots at a time, perhaps.
TEST_F(ClusterNodesTest, EachSlotOnItsWayIsAvoidedOnce) {
  const ClusterNodes::Registration registration(nodes_, [this](ClusterNodes::Node& node) { observe(node); });
  apply({{0, 96, address("192.0.2.2")}, {97, 99, address("192.0.2.1")}, {100, kLast, address("192.0.2.2")}});
  const ClusterNodes::Number one = nodes_.of(99)->number;
  const auto slot = [&] { return hashSlot(nodes_.canaryTag(one)); };
  nodes_.avoidCanarySlot(one, 99);
  EXPECT_EQ(slot(), 98);
  nodes_.avoidCanarySlot(one, 98);
  EXPECT_EQ(slot(), 97) << "the first one is on its way as well";
  told_.clear();
  for (int i = 0; i < 3; ++i) nodes_.avoidCanarySlot(one, 97);
  EXPECT_EQ(slot(), 97) << "there is no other";
  EXPECT_TRUE(told_.empty()) << "nothing is made anew";
  move(97, "192.0.2.2");
  EXPECT_EQ(slot(), 99) << "one that is on its way rather than none";
  move(99, "192.0.2.2");
  EXPECT_EQ(slot(), 98) << "and never one that is another's by now";
  move(99, "192.0.2.1");
  EXPECT_EQ(slot(), 99) << "who has come back is there to stay";
}

TEST_F(ClusterNodesTest, WhoHasButOneSlotHasItsCanariesThere) {
  const ClusterNodes::Registration registration(nodes_, [this](ClusterNodes::Node& node) { observe(node); });
  apply({{0, 98, address("192.0.2.2")}, {99, 99, address("192.0.2.1")}, {100, kLast, address("192.0.2.2")}});
  const ClusterNodes::Number one = nodes_.of(99)->number;
  for (int i = 0; i < 3; ++i) nodes_.avoidCanarySlot(one, 99);
  EXPECT_EQ(hashSlot(nodes_.canaryTag(one)), 99) << "there is no other";
  EXPECT_TRUE(told_.empty()) << "nothing is made anew";
  move(7, "192.0.2.1");
  EXPECT_EQ(hashSlot(nodes_.canaryTag(one)), 7) << "now there is";
  EXPECT_EQ(told_.back(), "192.0.2.1:6379 moved");
}

TEST_F(ClusterNodesTest, EverySlotHasATagForItsCanaries) {
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    ASSERT_EQ(hashSlot("x{" + hashTagFor(static_cast<Slot>(slot)) + "}:y"), slot);
  }
}

TEST_F(ClusterNodesTest, AWriteThatIsLedElsewhereIsNotTriedThereAgain) {
  apply({{0, kLast, address("192.0.2.1")}});
  NodeWrites& writes = nodes_.of(0)->client.node().writes();
  RedisCommands commands;
  const std::string before = writes.probe(commands);
  EXPECT_EQ(hashSlot(before), kLast);
  writes.noteRedirect({.type = RedisReply::Type::kError, .text = "ASK 16383 192.0.2.2:6379", .elements = {}}, before);
  EXPECT_EQ(hashSlot(writes.probe(commands)), kLast - 1) << "another slot of its own";
  EXPECT_EQ(ownerOf(kLast), "192.0.2.1:6379");
  writes.noteRedirect({.type = RedisReply::Type::kError, .text = "MOVED 16383 192.0.2.2:6379", .elements = {}}, before);
  EXPECT_EQ(ownerOf(kLast), "192.0.2.2:6379");
}

TEST_F(ClusterNodesTest, ASlotThatNobodyNamesBecomesNobodysWhenThatIsConfirmed) {
  const ClusterNodes::Registration registration(nodes_, [this](ClusterNodes::Node& node) { observe(node); });
  const Ranges whole = {{0, 99, address("192.0.2.1")}, {100, kLast, address("192.0.2.2")}};
  const Ranges part = {{100, kLast, address("192.0.2.2")}};
  apply(whole);
  const std::uint64_t version = nodes_.version();
  EXPECT_FALSE(nodes_.awaitRefreshRequest(clock_.steadyNow(), {}).has_value());
  apply(part);
  EXPECT_EQ(ownerOf(5), "192.0.2.1:6379") << "who said so may not have heard of it";
  EXPECT_EQ(nodes_.awaitRefreshRequest(clock_.steadyNow(), {}), ClusterNodes::RefreshReason::kMoved)
      << "somebody else is asked";
  apply(whole);
  apply(part);
  EXPECT_EQ(ownerOf(5), "192.0.2.1:6379") << "the other one has";
  EXPECT_EQ(nodes_.version(), version);
  EXPECT_TRUE(nodes_.isAsAt(version));
  apply(part);
  EXPECT_EQ(ownerOf(5), "nobody");
  EXPECT_EQ(nodes_.version(), version + 2) << "it grows before and after, so that it is odd meanwhile";
  EXPECT_FALSE(nodes_.isAsAt(version));
  EXPECT_TRUE(nodes_.isAsAt(version + 2));
  EXPECT_FALSE(nodes_.servesAll());
  EXPECT_EQ(nodes_.serving().size(), 1U);
  EXPECT_EQ(told_.front(), "192.0.2.1:6379 doubted, slot 5 at 192.0.2.1:6379");
  EXPECT_EQ(told_.back(), "192.0.2.1:6379 moved");
  EXPECT_EQ(metrics_.gauge("sessiond_cluster_slots", "").read(), 16284);
}

/// It goes on naming itself, and while that lasts nobody is let in by it one moment and refused the next.
TEST_F(ClusterNodesTest, OfWhatANodeAloneNamesThatOthersHaveForgottenNothingIsBelievedUntilSomebodyElseNamesItToo) {
  const Ranges whole = {{0, 99, address("192.0.2.1")}, {100, kLast, address("192.0.2.2")}};
  const Ranges part = {{100, kLast, address("192.0.2.2")}};
  apply(whole);
  for (int i = 0; i < 2; ++i) apply(part);
  ASSERT_EQ(ownerOf(5), "nobody");
  for (int i = 0; i < 3; ++i) {
    static_cast<void>(nodes_.awaitRefreshRequest(clock_.steadyNow(), {}));
    apply(whole);
    EXPECT_EQ(ownerOf(5), "nobody");
    EXPECT_EQ(nodes_.awaitRefreshRequest(clock_.steadyNow(), {}), ClusterNodes::RefreshReason::kMoved)
        << "somebody else is asked";
    apply(part);
    EXPECT_EQ(ownerOf(5), "nobody");
    EXPECT_FALSE(nodes_.awaitRefreshRequest(clock_.steadyNow(), {}).has_value()) << "nothing new";
    apply(part);
  }
  apply(whole);
  static_cast<void>(nodes_.awaitRefreshRequest(clock_.steadyNow(), {}));
  apply(whole);
  EXPECT_EQ(ownerOf(5), "192.0.2.1:6379");
  EXPECT_TRUE(nodes_.servesAll());
  EXPECT_FALSE(nodes_.awaitRefreshRequest(clock_.steadyNow(), {}).has_value());
}

TEST_F(ClusterNodesTest, WhereThereAreTooManyTheLongestIdleOneIsAnother) {
  Slot slot = 0;
  for (int i = 0; i < 2; ++i) {
    for (int k = 1; k <= 254; ++k) {
      const std::string host = "192.0." + std::to_string(2 + i) + "." + std::to_string(k);
      slot = static_cast<Slot>(k);
      move(slot, host);
      ASSERT_EQ(ownerOf(slot), host + ":6379");
    }
  }
  EXPECT_EQ(nodes_.serving().size(), 254U);
}

/// Of so many primaries, a slot each.
std::vector<ClusterView::Range> rangesOf(std::size_t primaries, int network) {
  std::vector<ClusterView::Range> ranges;
  for (std::size_t i = 0; i < primaries; ++i) {
    const std::string host =
        "10." + std::to_string(network) + "." + std::to_string(i / 100) + "." + std::to_string(i % 100);
    const auto slot = static_cast<Slot>(i);
    ranges.push_back({slot, i + 1 == primaries ? kLast : slot, address(host)});
  }
  return ranges;
}

TEST_F(ClusterNodesTest, PrimariesForWhichThereIsNoRoomAreLeftOutAloud) {
  testing::internal::CaptureStderr();
  apply(rangesOf(ClusterNodes::kMost + 2, 0));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("more primaries than are asked"), std::string::npos) << log;
  EXPECT_EQ(nodes_.serving().size(), ClusterNodes::kMost);
  EXPECT_EQ(ownerOf(ClusterNodes::kMost - 1), "10.0.2.54:6379");
  EXPECT_EQ(ownerOf(ClusterNodes::kMost), "nobody");
  EXPECT_EQ(ownerOf(kLast), "nobody");
  EXPECT_FALSE(nodes_.servesAll());
  EXPECT_EQ(metrics_.gauge("sessiond_cluster_slots_left_out", "").read(),
            static_cast<std::int64_t>(kSlots - ClusterNodes::kMost));
  apply(rangesOf(ClusterNodes::kMost, 0));
  EXPECT_TRUE(nodes_.servesAll());
  EXPECT_EQ(metrics_.gauge("sessiond_cluster_slots_left_out", "").read(), 0);
}

TEST_F(ClusterNodesTest, WhatIsLeftOutIsNotAskedOfWhoeverHadIt) {
  apply({{0, kLast, address("10.1.0.0")}});
  Ranges ranges = rangesOf(ClusterNodes::kMost + 1, 0);
  apply(ranges);
  EXPECT_EQ(nodes_.serving().size(), ClusterNodes::kMost) << "who has lost all has made room";
  EXPECT_EQ(ownerOf(kLast), "nobody");
}

TEST_F(ClusterNodesTest, AllMayBeReplacedAtOnce) {
  apply(rangesOf(ClusterNodes::kMost, 0));
  apply(rangesOf(ClusterNodes::kMost, 1));
  EXPECT_TRUE(nodes_.servesAll());
  EXPECT_EQ(ownerOf(0), "10.1.0.0:6379");
}

}  // namespace
}  // namespace sessiond
