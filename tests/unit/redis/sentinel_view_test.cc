#include "redis/sentinel_view.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "replies.h"

namespace sessiond {
namespace {

using Type = RedisReply::Type;

RedisReply error(const std::string& bytes) {
  return {.type = Type::kError, .text = bytes, .elements = {}};
}

RedisReply list(std::initializer_list<std::string> texts) {
  RedisReply reply{.type = Type::kArray, .text = {}, .elements = {}};
  for (const std::string& one : texts) reply.elements.push_back(text(one));
  return reply;
}

RedisReply master(const std::string& epoch) {
  return list({"name", "main", "ip", "192.0.2.1", "port", "6379", "num-other-sentinels", "2", "config-epoch", epoch});
}

/// What a sentinel answers to all questions.
RedisReplies answers() {
  RedisReply others{.type = Type::kArray, .text = {}, .elements = {}};
  others.elements.push_back(list({"name", "x", "ip", "192.0.2.8", "port", "26379", "runid", "bb"}));
  others.elements.push_back(list({"name", "y", "ip", "192.0.2.9", "port", "0", "runid", "cc"}));
  others.elements.push_back(list({"name", "z", "ip", "192.0.2.9", "port", "26379", "runid", ""}));
  return {text("aa"), master("7"), list({"192.0.2.2", "6380"}), others, master("7")};
}

std::string problemOf(const RedisReplies& replies) {
  const auto view = readSentinelView(replies);
  return view ? "" : view.error();
}

TEST(SentinelView, TakesTheEpochFromOneAndTheAddressFromTheOther) {
  const auto view = readSentinelView(answers());
  ASSERT_TRUE(view);
  EXPECT_EQ(view->id, "aa");
  EXPECT_EQ(view->primary.name(), "192.0.2.2:6380");
  EXPECT_EQ(view->config_epoch, 7U);
  EXPECT_EQ(view->others, 2U);
  ASSERT_EQ(view->peers.size(), 1U) << "those that can be reached and told apart";
  EXPECT_EQ(view->peers[0].id, "bb");
  EXPECT_EQ(view->peers[0].address.name(), "192.0.2.8:26379");
}

TEST(SentinelView, IsAskedForAgainWhereTheEpochChangesMeanwhile) {
  RedisReplies replies = answers();
  replies[4] = master("8");
  EXPECT_EQ(problemOf(replies), "it is about to name another primary");
}

TEST(SentinelView, TakesOnlyAddressesThatAreSome) {
  for (const char* host : {"a/b", "fe80::1%eth0", "[::1]", "user@host", "a b", "host\n", "x:y", "db?"}) {
    RedisReplies replies = answers();
    replies[2] = list({host, "6379"});
    EXPECT_TRUE(problemOf(replies).starts_with("what it names as the primary's address is none: ")) << host;
    EXPECT_EQ(problemOf(replies).find('\n'), std::string::npos);
    replies = answers();
    replies[3].elements.push_back(list({"ip", host, "port", "26379", "runid", "dd"}));
    const auto view = readSentinelView(replies);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->peers.size(), 1U) << host;
    EXPECT_EQ(view->nowhere.size(), 2U) << host << ", and one at port 0";
  }
  for (const char* host : {"192.0.2.1", "::1", "redis-1.example_net", "fe80::1"}) {
    RedisReplies replies = answers();
    replies[2] = list({host, "6379"});
    const auto view = readSentinelView(replies);
    ASSERT_TRUE(view) << host;
    EXPECT_TRUE(parseRedisUrl("redis://" + view->primary.name())) << host;
  }
}

TEST(SentinelView, TellsThatItLeadsAFailoverWheneverItDoes) {
  const auto leads = [](const RedisReplies& replies) { return readSentinelView(replies)->leads_failover; };
  EXPECT_FALSE(leads(answers()));
  for (const std::size_t at : {1U, 4U}) {
    RedisReplies replies = answers();
    replies[at].elements.push_back(text("flags"));
    replies[at].elements.push_back(text("master,o_down,failover_in_progress"));
    EXPECT_TRUE(leads(replies)) << at;
  }
}

TEST(SentinelView, NeedsNoId) {
  RedisReplies replies = answers();
  replies[0] = error("ERR Unknown sentinel subcommand 'MYID'");
  const auto view = readSentinelView(replies);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->id, "");
}

TEST(SentinelView, SaysWhatIsWrong) {
  RedisReplies replies = answers();
  replies[1] = error("ERR No such master with that name");
  EXPECT_EQ(problemOf(replies), "ERR No such master with that name");
  replies = answers();
  replies[2] = RedisReply();
  EXPECT_EQ(problemOf(replies), "it names no primary");
  for (const auto& address : {list({"192.0.2.2", "0"}), list({"192.0.2.2", "70000"}), list({"", "6379"})}) {
    replies = answers();
    replies[2] = address;
    EXPECT_TRUE(problemOf(replies).starts_with("what it names as the primary's address is none: "));
  }
  for (const char* epoch : {"", "-1", "x", "99999999999999999999"}) {
    replies = answers();
    replies[1] = master(epoch);
    EXPECT_EQ(problemOf(replies), "what it says of the primary cannot be read");
  }
}

TEST(SentinelNode, IsHostAndPort) {
  EXPECT_EQ(parseSentinelNode("s1:26380")->name(), "s1:26380");
  EXPECT_EQ(parseSentinelNode("s1")->name(), "s1:26379");
  EXPECT_EQ(parseSentinelNode("[::1]:5")->name(), "[::1]:5");
  for (const char* bad : {"", "s1:0", "s1:70000", "redis://s1:26379", "a b"})
    EXPECT_FALSE(parseSentinelNode(bad)) << bad;
}

}  // namespace
}  // namespace sessiond
