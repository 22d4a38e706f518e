#include "redis/sentinel_consensus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sessiond {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

constexpr std::chrono::milliseconds kSilence = 5000ms;

SteadyTime moment(std::chrono::milliseconds time) {
  return SteadyTime(time);
}

RedisAddress sentinelAt(const std::string& host) {
  RedisAddress address;
  address.host = host;
  address.port = 26379;
  return address;
}

SentinelView view(const std::string& id, const std::string& primary, std::uint64_t epoch, std::size_t others = 2) {
  return {.id = id, .primary = sentinelAt(primary), .config_epoch = epoch, .others = others, .peers = {}};
}

class SentinelConsensusTest : public testing::Test {
 protected:
  void hear(std::size_t contact, const SentinelView& said, std::chrono::milliseconds asked = 1000ms) {
    EXPECT_TRUE(consensus_.heard(contact, said, moment(asked)));
  }
  std::string primary(std::chrono::milliseconds now = 1000ms) {
    const auto verdict = consensus_.verdict(moment(now));
    return verdict.primary ? verdict.primary->host : "nobody";
  }
  bool vouched(std::chrono::milliseconds now) { return moment(now) < consensus_.verdict(moment(now)).vouched_until; }

  SentinelConsensus consensus_{{sentinelAt("s0"), sentinelAt("s1"), sentinelAt("s2")}, kSilence};
};

TEST_F(SentinelConsensusTest, SaysNothingBeforeAnybodyWasHeard) {
  EXPECT_EQ(primary(), "nobody");
  EXPECT_FALSE(vouched(0ms));
  EXPECT_EQ(consensus_.verdict(moment(0ms)).known, 3U);
}

TEST_F(SentinelConsensusTest, AMajorityVouchesFromTheMomentItWasAskedAt) {
  hear(0, view("a", "other", 0), 1000ms);
  EXPECT_EQ(primary(), "nobody") << "one of three is none: it may not have heard";
  EXPECT_FALSE(vouched(1000ms));
  hear(2, view("c", "p", 1), 3000ms);
  EXPECT_EQ(primary(), "p");
  EXPECT_TRUE(vouched(3000ms));
  EXPECT_EQ(consensus_.verdict(moment(3000ms)).vouched_until, moment(6000ms))
      << "whoever keeps the verdict asks nobody again";
  EXPECT_TRUE(vouched(5999ms));
  EXPECT_FALSE(vouched(6000ms)) << "of the two, one was asked 5 s ago";
  EXPECT_EQ(primary(6000ms), "nobody");
  hear(1, view("b", "p", 1), 5500ms);
  EXPECT_TRUE(vouched(7999ms));
  EXPECT_FALSE(vouched(8000ms));
}

TEST_F(SentinelConsensusTest, TheHighestEpochCountsWhoeverSaysIt) {
  hear(0, view("a", "old", 4));
  hear(1, view("b", "old", 4));
  EXPECT_EQ(primary(), "old");
  hear(2, view("c", "new", 5));
  EXPECT_EQ(primary(), "new");
  hear(0, view("a", "old", 4), 1200ms);
  EXPECT_EQ(primary(1200ms), "new") << "one that has not heard changes nothing";
  EXPECT_EQ(consensus_.verdict(moment(1200ms)).told_by, "s2:26379");
}

TEST_F(SentinelConsensusTest, UnderOneEpochMostCountAndElseNobodyIsThePrimary) {
  hear(0, view("a", "back", 4));
  hear(1, view("b", "back", 4));
  EXPECT_EQ(primary(), "back");
  hear(0, view("a", "back", 5));
  hear(1, view("b", "new", 5));
  EXPECT_EQ(primary(), "nobody") << "one each, whatever was followed";
  EXPECT_FALSE(vouched(1000ms));
  EXPECT_EQ(consensus_.verdict(moment(1000ms)).reached, 2U);
  hear(2, view("c", "new", 5));
  EXPECT_EQ(primary(), "new") << "two of three";
  EXPECT_TRUE(vouched(1000ms));
  EXPECT_EQ(consensus_.verdict(moment(1000ms)).told_by, "s1:26379");
}

TEST_F(SentinelConsensusTest, UnderOneEpochWhoeverLeadsAFailoverCountsOnlyWhereAllDo) {
  SentinelView leads = view("a", "new", 5);
  leads.leads_failover = true;
  hear(0, leads);
  hear(1, view("b", "old", 4));
  EXPECT_EQ(primary(), "new") << "nobody says anything else under this epoch";
  hear(1, view("b", "back", 5));
  EXPECT_EQ(primary(), "back");
  leads.id = "c";
  hear(2, leads);
  EXPECT_EQ(primary(), "back") << "however many of them";
  SentinelView other = view("b", "back", 5);
  other.leads_failover = true;
  hear(1, other);
  EXPECT_EQ(primary(), "new") << "two of three that all lead one";
}

TEST_F(SentinelConsensusTest, OneThatIsMetAtTwoAddressesHasOneVoiceAndItIsTheLast) {
  hear(0, view("a", "old", 5), 1000ms);
  hear(1, view("a", "new", 5), 1500ms);
  hear(2, view("c", "new", 5), 1500ms);
  EXPECT_EQ(primary(1500ms), "new");
  hear(0, view("a", "back", 5), 1600ms);
  EXPECT_EQ(primary(1600ms), "nobody") << "a has changed its mind";
}

TEST_F(SentinelConsensusTest, WhatASilentOneSaidCountsForAsLongAsItsSilenceIsBorne) {
  hear(2, view("c", "new", 5), 1000ms);
  hear(0, view("a", "old", 4), 4000ms);
  hear(1, view("b", "old", 4), 4000ms);
  EXPECT_EQ(primary(5999ms), "new");
  EXPECT_EQ(primary(6000ms), "old") << "the others have agreed on something else";
}

TEST_F(SentinelConsensusTest, HowManyThereAreTheySayThemselves) {
  hear(0, view("a", "p", 1, 4));
  hear(1, view("b", "p", 1, 4));
  EXPECT_EQ(consensus_.verdict(moment(1000ms)).known, 5U);
  EXPECT_FALSE(vouched(1000ms)) << "two of five";
  hear(2, view("c", "p", 1, 0));
  EXPECT_TRUE(vouched(1000ms));
}

TEST_F(SentinelConsensusTest, OneThatHasForgottenTheOthersIsNoMajority) {
  hear(0, view("a", "p", 0, 0));
  EXPECT_EQ(consensus_.verdict(moment(1000ms)).known, 3U);
  EXPECT_FALSE(vouched(1000ms));
}

TEST_F(SentinelConsensusTest, OneThatIsMetAtTwoAddressesCountsOnce) {
  hear(0, view("a", "p", 1, 1));
  hear(1, view("a", "p", 1, 1));
  EXPECT_EQ(consensus_.verdict(moment(1000ms)).reached, 1U);
  EXPECT_EQ(consensus_.verdict(moment(1000ms)).known, 2U) << "s2 may be another one";
  EXPECT_FALSE(vouched(1000ms));
}

TEST_F(SentinelConsensusTest, WithoutIdsAddressesCount) {
  hear(0, view("", "p", 1));
  EXPECT_FALSE(vouched(1000ms));
  hear(1, view("", "p", 1));
  EXPECT_TRUE(vouched(1000ms));
}

TEST_F(SentinelConsensusTest, FurtherOnesAreLearnedOnce) {
  SentinelView said = view("a", "p", 1, 4);
  said.peers = {{.id = "b", .address = sentinelAt("192.0.2.1")},
                {.id = "d", .address = sentinelAt("192.0.2.3")},
                {.id = "e", .address = sentinelAt("s2")}};
  hear(1, view("b", "p", 1, 4));
  hear(0, said);
  auto learned = consensus_.learn(moment(1000ms));
  ASSERT_EQ(learned.size(), 1U) << "b was met already, and e's address is that of s2";
  EXPECT_EQ(learned.begin()->second.host, "192.0.2.3");
  EXPECT_THAT(consensus_.learn(moment(1000ms)), IsEmpty());
  const std::size_t contact = learned.begin()->first;
  EXPECT_TRUE(consensus_.heard(contact, view("d", "p", 1, 4), moment(1000ms)));
  EXPECT_TRUE(vouched(1000ms)) << "three of five";
  consensus_.forget(contact);
  EXPECT_FALSE(vouched(1000ms));
  EXPECT_EQ(consensus_.learn(moment(1000ms)).size(), 1U) << "the others name it still";
}

TEST_F(SentinelConsensusTest, ALearnedContactToSomebodyWhoIsHeardAlreadyIsOfNoUse) {
  SentinelView said = view("a", "p", 1);
  said.peers = {{.id = "b", .address = sentinelAt("192.0.2.1")}};
  hear(0, said);
  const auto learned = consensus_.learn(moment(1000ms));
  ASSERT_EQ(learned.size(), 1U) << "that it is s1 nobody knows yet";
  hear(1, view("b", "p", 1));
  EXPECT_FALSE(consensus_.heard(learned.begin()->first, view("b", "p", 1), moment(1000ms)));
  EXPECT_EQ(consensus_.verdict(moment(1000ms)).reached, 2U);
}

TEST_F(SentinelConsensusTest, ALearnedOneWithoutAnIdCouldBeAnybodyAndDoesNotCount) {
  SentinelView said = view("a", "p", 1);
  said.peers = {{.id = "b", .address = sentinelAt("192.0.2.1")}};
  hear(0, said);
  const auto learned = consensus_.learn(moment(1000ms));
  ASSERT_EQ(learned.size(), 1U);
  EXPECT_FALSE(consensus_.heard(learned.begin()->first, view("", "p", 1), moment(1000ms)));
  EXPECT_FALSE(vouched(1000ms));
}

TEST_F(SentinelConsensusTest, WhatWasOfNoUseIsNotTriedAgainForAWhile) {
  SentinelView said = view("a", "p", 1);
  said.peers = {{.id = "b", .address = sentinelAt("192.0.2.1")}, {.id = "c", .address = sentinelAt("192.0.2.2")}};
  hear(0, said);
  const auto learned = consensus_.learn(moment(1000ms));
  ASSERT_EQ(learned.size(), 2U);
  EXPECT_FALSE(consensus_.heard(learned.begin()->first, view("", "p", 1), moment(1000ms))) << "does not tell its id";
  EXPECT_FALSE(consensus_.heard(learned.rbegin()->first, view("a", "p", 1), moment(1000ms))) << "known";
  for (const auto& one : learned) consensus_.forget(one.first);
  EXPECT_THAT(consensus_.learn(moment(1001ms)), IsEmpty());
  const auto later = 1000ms + SentinelConsensus::kUselessFor;
  hear(0, said, later - 1ms);
  EXPECT_THAT(consensus_.learn(moment(later - 1ms)), IsEmpty());
  EXPECT_EQ(consensus_.learn(moment(later)).size(), 2U);
}

TEST_F(SentinelConsensusTest, AnotherAddressOfOneThatWasOfNoUseIsTried) {
  SentinelView said = view("a", "p", 1);
  said.peers = {{.id = "b", .address = sentinelAt("192.0.2.1")}};
  hear(0, said);
  const auto learned = consensus_.learn(moment(1000ms));
  ASSERT_EQ(learned.size(), 1U);
  EXPECT_FALSE(consensus_.heard(learned.begin()->first, view("a", "p", 1), moment(1000ms)));
  consensus_.forget(learned.begin()->first);
  said.peers[0].address = sentinelAt("192.0.2.2");
  hear(0, said, 1001ms);
  EXPECT_EQ(consensus_.learn(moment(1001ms)).size(), 1U);
}

TEST_F(SentinelConsensusTest, FurtherOnesThatAnEarlierOneKnewCountWithoutThoseOfTheConfiguration) {
  const std::size_t d = consensus_.add(sentinelAt("192.0.2.3"));
  const std::size_t e = consensus_.add(sentinelAt("192.0.2.4"));
  EXPECT_EQ(consensus_.verdict(moment(1000ms)).known, 3U) << "not by their addresses alone";
  SentinelView said = view("d", "p", 1);
  said.peers = {{.id = "e", .address = sentinelAt("192.0.2.4")}, {.id = "a", .address = sentinelAt("s0")}};
  hear(d, said);
  EXPECT_THAT(consensus_.learn(moment(1000ms)), IsEmpty());
  hear(e, view("e", "p", 1));
  EXPECT_EQ(primary(), "p") << "two of three";
  hear(0, view("e", "p", 1));
  EXPECT_FALSE(consensus_.heard(e, view("e", "p", 1), moment(1000ms))) << "it is one of the configuration";
  consensus_.forget(e);
  ASSERT_EQ(consensus_.further().size(), 1U);
  EXPECT_EQ(consensus_.further()[0].host, "192.0.2.3");
}

TEST_F(SentinelConsensusTest, NoMoreAreLearnedThanCanBeAsked) {
  SentinelView said = view("a", "p", 1);
  for (int i = 0; i < 100; ++i) {
    said.peers.push_back({.id = "x" + std::to_string(i), .address = sentinelAt("h" + std::to_string(i))});
  }
  hear(0, said);
  EXPECT_EQ(consensus_.learn(moment(1000ms)).size(), SentinelConsensus::kMostContacts - 3);
}

}  // namespace
}  // namespace sessiond
