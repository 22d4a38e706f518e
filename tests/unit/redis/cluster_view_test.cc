#include "redis/cluster_view.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "replies.h"

namespace sessiond {
namespace {

RedisReply node(const RedisReply& host, std::int64_t port) {
  return list({host, number(port), text("id"), list({text("hostname"), text("a.example.com")})});
}

constexpr char kInfo[] = "cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_current_epoch:6\r\n";

RedisAddress asked() {
  RedisAddress address;
  address.host = "192.0.2.1";
  address.port = 7000;
  return address;
}

RedisReplies answers(std::vector<RedisReply> slots) {
  return {text(kInfo), list(std::move(slots))};
}

TEST(ClusterView, HasEachRangeWithItsPrimary) {
  const auto view = readClusterView(
      answers({list({number(0), number(5460), node(text("192.0.2.1"), 7000), node(text("192.0.2.4"), 7003)}),
               list({number(5461), number(16383), node(text("192.0.2.2"), 7001)})}),
      asked());
  ASSERT_TRUE(view.hasValue());
  EXPECT_EQ(view->epoch, 6U);
  EXPECT_TRUE(view->is_ok);
  ASSERT_EQ(view->ranges.size(), 2U);
  EXPECT_EQ(view->ranges[0].last, 5460);
  EXPECT_EQ(view->ranges[0].primary.name(), "192.0.2.1:7000");
  EXPECT_EQ(view->ranges[1].first, 5461);
  EXPECT_EQ(view->ranges[1].primary.name(), "192.0.2.2:7001");
  EXPECT_EQ(view->nodes.size(), 3U);
  EXPECT_EQ(view->nowhere, "");
}

TEST(ClusterView, TakesAMissingHostForThatOfTheNodeAsked) {
  for (const RedisReply& host : {nil(), text("")}) {
    const auto view = readClusterView(answers({list({number(1), number(2), node(host, 7001)})}), asked());
    ASSERT_TRUE(view.hasValue());
    EXPECT_EQ(view->ranges.at(0).primary.name(), "192.0.2.1:7001");
  }
}

TEST(ClusterView, TakesIpv6Addresses) {
  const auto view = readClusterView(answers({list({number(1), number(2), node(text("2001:db8::1"), 7001)})}), asked());
  EXPECT_EQ(view->ranges.at(0).primary.name(), "[2001:db8::1]:7001");
}

TEST(ClusterView, LeavesOutWhomNobodyCanFollow) {
  const auto view = readClusterView(
      answers({list({number(1), number(2), node(text("?"), 7001)}), list({number(3), number(4), node(text("a"), 0)})}),
      asked());
  ASSERT_TRUE(view.hasValue());
  EXPECT_TRUE(view->ranges.empty());
  EXPECT_EQ(view->nowhere, "?:7001");
}

TEST(ClusterView, LeavesOutHostsThatAreNone) {
  for (const std::string& host : {std::string("10.0.0.1:6379"), std::string("a:b"), std::string("::1\0x", 5),
                                  std::string(254, 'a'), std::string("a/b"), std::string("a@b")}) {
    const auto view = readClusterView(answers({list({number(1), number(2), node(text(host), 7001)})}), asked());
    ASSERT_TRUE(view.hasValue());
    EXPECT_TRUE(view->ranges.empty()) << host;
    EXPECT_TRUE(view->nodes.empty()) << host;
  }
}

TEST(ClusterView, LeavesOutNodesThatAreNone) {
  RedisReply without_port = list({text("a")});
  RedisReply port_as_text = list({text("a"), text("7001")});
  RedisReply host_as_number = list({number(1), number(7001)});
  for (const RedisReply& broken :
       {without_port, port_as_text, host_as_number, node(text("a"), -1), node(text("a"), 65'537)}) {
    const auto view = readClusterView(answers({list({number(1), number(2), broken, node(text("b"), 7002)})}), asked());
    ASSERT_TRUE(view.hasValue());
    EXPECT_TRUE(view->ranges.empty()) << "who follows is not the primary";
    ASSERT_EQ(view->nodes.size(), 1U);
    EXPECT_EQ(view->nodes[0].name(), "b:7002");
    EXPECT_NE(view->nowhere, "");
  }
}

/// What newer servers say behind the nodes.
TEST(ClusterView, PassesOverWhatIsNoNode) {
  const auto view = readClusterView(
      answers({list({number(1), number(2), node(text("a"), 7001), text("more"), node(text("b"), 7002)})}), asked());
  ASSERT_TRUE(view.hasValue());
  EXPECT_EQ(view->ranges.at(0).primary.name(), "a:7001");
  EXPECT_EQ(view->nodes.size(), 1U);
}

TEST(ClusterView, KnowsFieldsByTheirWholeNames) {
  RedisReplies replies = answers({});
  replies[0] = text("cluster_current_epoch_old:1\ncluster_current_epoch\nx:2\ncluster_current_epoch:7\n");
  const auto view = readClusterView(replies, asked());
  ASSERT_TRUE(view.hasValue());
  EXPECT_EQ(view->epoch, 7U);
  EXPECT_FALSE(view->is_ok);
}

TEST(ClusterNode, IsAHostWithOrWithoutPort) {
  EXPECT_EQ(parseClusterNode("[2001:db8::1]:7001")->name(), "[2001:db8::1]:7001");
  EXPECT_EQ(parseClusterNode("a.example.org")->name(), "a.example.org:6379");
  EXPECT_EQ(parseClusterNode("a:0").error(),
            "must be the host:port of a node of the cluster, with a port from 1 to 65535,");
}

TEST(ClusterView, MayBeOfAClusterThatIsDown) {
  RedisReplies replies = answers({});
  replies[0] = text("cluster_state:fail\r\ncluster_current_epoch:7\r\n");
  const auto view = readClusterView(replies, asked());
  EXPECT_FALSE(view->is_ok);
  EXPECT_EQ(view->epoch, 7U);
}

TEST(ClusterView, IsNoneWhereNothingCanBeMadeOfTheAnswers) {
  RedisReplies refused = answers({});
  refused[0] = error("ERR This instance has cluster support disabled");
  EXPECT_EQ(readClusterView(refused, asked()).error(), "ERR This instance has cluster support disabled");
  for (const RedisReply& broken :
       {list({number(1), number(16384), node(text("a"), 1)}), list({number(2), number(1), node(text("a"), 1)}),
        list({number(1), number(2)}), number(1), list({text("1"), number(2), node(text("a"), 1)}),
        list({number(0), text("2"), node(text("a"), 1)}), list({number(-1), number(2), node(text("a"), 1)})}) {
    EXPECT_FALSE(readClusterView(answers({broken}), asked()).hasValue());
  }
  RedisReplies without_epoch = answers({});
  without_epoch[0] = text("cluster_state:ok\r\n");
  EXPECT_FALSE(readClusterView(without_epoch, asked()).hasValue());
  EXPECT_EQ(readClusterView({nil(), list({})}, asked()).error(), "what it says of the cluster cannot be read");
  EXPECT_EQ(readClusterView({text(kInfo), nil()}, asked()).error(), "what it says of the slots cannot be read");
}

}  // namespace
}  // namespace sessiond
