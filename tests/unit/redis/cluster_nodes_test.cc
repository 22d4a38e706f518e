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
  std::string ownerOf(Slot slot) {
    const ClusterNodes::Node* const node = nodes_.of(slot);
    return node == nullptr ? "nobody" : node->address;
  }
  /// Notes who is told what.
  void follow(ClusterNodes::Node& node) {
    followings_.push_back(std::make_unique<NodeFollowers::Following>(
        node.client.node().followers(),
        NodeFollowers::Calls{
            .moved = [this, &node] { told_.push_back(node.address + " moved"); },
            .doubted = [this, &node] { told_.push_back(node.address + " doubted, slot 5 at " + ownerOf(5)); }}));
  }
  bool isVouchedFor(Slot slot) { return nodes_.of(slot)->client.node().isVouchedFor(clock_.steadyNow()); }

  FakeClock clock_;
  MetricsRegistry metrics_;
  ClusterNodes nodes_{settings(), RedisKeys("sess:", "sessiond:"), clock_, metrics_};
  std::vector<std::string> told_;
  std::vector<std::unique_ptr<NodeFollowers::Following>> followings_;
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
  const ClusterNodes::Following following(nodes_, [this](ClusterNodes::Node& node) { follow(node); });
  apply({{0, 99, address("192.0.2.1")}, {100, kLast, address("192.0.2.2")}});
  EXPECT_TRUE(told_.empty()) << "who has lost nothing is not doubted";
  apply({{0, 9, address("192.0.2.2")}});
  EXPECT_EQ(told_, (std::vector<std::string>{"192.0.2.1:6379 doubted, slot 5 at 192.0.2.1:6379",
                                             "192.0.2.1:6379 doubted, slot 5 at 192.0.2.2:6379"}));
  told_.clear();
  apply({{0, 9, address("192.0.2.2")}, {10, 99, address("192.0.2.1")}});
  EXPECT_TRUE(told_.empty()) << "nothing new";
}

TEST_F(ClusterNodesTest, WhoHasLostEverythingIsAskedNoMore) {
  const ClusterNodes::Following following(nodes_, [this](ClusterNodes::Node& node) { follow(node); });
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
  EXPECT_EQ(nodes_.awaitWish(clock_.steadyNow(), {}), ClusterNodes::Doubt::kMoved);
  Redirect ask{.kind = Redirect::Kind::kAsk, .slot = 8, .address = address("192.0.2.3")};
  ClusterNodes::Node* const other = nodes_.follow(ask, *nodes_.of(8));
  EXPECT_EQ(other->address, "192.0.2.3:6379");
  EXPECT_EQ(ownerOf(8), "192.0.2.1:6379") << "this once";
  EXPECT_TRUE(other->client.node().isVouchedFor(clock_.steadyNow()));
  clock_.advance(std::chrono::minutes(1));
  EXPECT_FALSE(other->client.node().isVouchedFor(clock_.steadyNow()));
  EXPECT_FALSE(nodes_.awaitWish(clock_.steadyNow(), {}).has_value());
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
  apply({{98, 98, address("192.0.2.2")}});
  EXPECT_EQ(hashSlot(nodes_.canaryTag(first)), 97) << "the one that was avoided still is";
}

TEST_F(ClusterNodesTest, WhereThereAreTooManyTheLongestIdleOneIsAnother) {
  Slot slot = 0;
  for (int i = 0; i < 2; ++i) {
    for (int k = 1; k <= 254; ++k) {
      const std::string host = "192.0." + std::to_string(2 + i) + "." + std::to_string(k);
      slot = static_cast<Slot>(k);
      apply({{slot, slot, address(host)}});
      ASSERT_EQ(ownerOf(slot), host + ":6379");
    }
  }
  EXPECT_EQ(nodes_.serving().size(), 254U);
}

}  // namespace
}  // namespace sessiond
