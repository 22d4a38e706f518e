#include "redis/cluster_view.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sessiond {
namespace {

using Type = RedisReply::Type;

RedisReply text(const std::string& bytes) {
  return {.type = Type::kString, .text = bytes, .elements = {}};
}

RedisReply number(std::int64_t value) {
  return {.type = Type::kInteger, .integer = value, .text = {}, .elements = {}};
}

RedisReply list(std::vector<RedisReply> elements) {
  return {.type = Type::kArray, .text = {}, .elements = std::move(elements)};
}

RedisReply nil() {
  return {};
}

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

TEST(ClusterView, MayBeOfAClusterThatIsDown) {
  RedisReplies replies = answers({});
  replies[0] = text("cluster_state:fail\r\ncluster_current_epoch:7\r\n");
  const auto view = readClusterView(replies, asked());
  EXPECT_FALSE(view->is_ok);
  EXPECT_EQ(view->epoch, 7U);
}

TEST(ClusterView, IsNoneWhereNothingCanBeMadeOfTheAnswers) {
  RedisReplies refused = answers({});
  refused[0] = {.type = Type::kError, .text = "ERR This instance has cluster support disabled", .elements = {}};
  EXPECT_EQ(readClusterView(refused, asked()).error(), "ERR This instance has cluster support disabled");
  for (const RedisReply& broken :
       {list({number(1), number(16384), node(text("a"), 1)}), list({number(2), number(1), node(text("a"), 1)}),
        list({number(1), number(2)}), number(1), list({text("1"), number(2), node(text("a"), 1)})}) {
    EXPECT_FALSE(readClusterView(answers({broken}), asked()).hasValue());
  }
  RedisReplies without_epoch = answers({});
  without_epoch[0] = text("cluster_state:ok\r\n");
  EXPECT_FALSE(readClusterView(without_epoch, asked()).hasValue());
}

}  // namespace
}  // namespace sessiond
