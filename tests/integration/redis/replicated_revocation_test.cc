// Revocations that replicas have before they are answered.

#include "redis/redis_session_store.h"

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include "redis_test_fixture.h"
#include "support/scripted_redis.h"

namespace sessiond {
namespace {

/// A primary with two replicas.
class Replicated : public ::testing::Test {
 protected:
  Replicated() {
    for (RedisServer* replica : {&first_, &second_}) {
      replica->command({"REPLICAOF", "127.0.0.1", std::to_string(primary_.port())});
    }
    RedisSettings config = configFor(primary_.unixUrl());
    config.command_timeout = 1000ms;
    test_.emplace(config);
    EXPECT_TRUE(soon([this] { return revoke(2).front() == 2U; }));
    test_.emplace(config);
  }
  /// How many replicas have the end of some sessions, by what is said of each.
  std::vector<std::optional<std::uint32_t>> revoke(std::uint32_t replicas, int sessions = 1) {
    RedisSessionStore store(test_->client, SessionSettings(), keysFor(SessionSettings()), replicas);
    std::vector<SessionRevocation> revocations;
    revocations.reserve(static_cast<std::size_t>(sessions));
    for (int i = 0; i < sessions; ++i) revocations.push_back({.id = SessionId::generate(), .tombstone_ttl = 100s});
    store.revoke(revocations);
    std::vector<std::optional<std::uint32_t>> reached;
    for (const SessionRevocation& one : revocations) {
      EXPECT_TRUE(one.result) << "it has ended whatever replicas do";
      reached.push_back(one.replicas);
    }
    return reached;
  }
  /// A replica may be busy for longer than is waited for.
  std::uint64_t triesUntilOneHas(std::uint32_t wanted) {
    std::uint64_t tries = 0;
    EXPECT_TRUE(soon([&] {
      ++tries;
      return revoke(wanted).front() == 1U;
    }));
    return tries;
  }
  std::uint64_t missed() { return test_->metrics.counter("sessiond_redis_unreplicated_total", "").read(); }

  RedisServer primary_{{.tcp = true, .configuration = {"repl-diskless-sync-delay 0"}}};
  RedisServer first_{{.tcp = true}};
  RedisServer second_{{.tcp = true}};
  std::optional<TestClient> test_;
};

TEST_F(Replicated, ARevocationIsWhereItWasWaitedFor) {
  // A replica may be busy for longer than is waited for.
  std::uint64_t short_ones = 0;
  ASSERT_TRUE(soon([&] {
    const bool all = revoke(2, 3) == std::vector<std::optional<std::uint32_t>>{2, 2, 2};
    short_ones += all ? 0 : 1;
    return all;
  }));
  EXPECT_EQ(missed(), short_ones);
  RedisSessionStore store(test_->client, SessionSettings(), keysFor(SessionSettings()), 2);
  const SessionId id = SessionId::generate();
  primary_.command({"SET", "sess:" + id.bytes(), "{}"});
  SessionRevocation one{.id = id, .tombstone_ttl = 100s};
  ASSERT_TRUE(soon([&] {
    store.revoke({&one, 1});
    return one.replicas == 2U;
  }));
  for (const RedisServer* replica : {&first_, &second_}) {
    EXPECT_EQ(replica->command({"EXISTS", "sess:" + id.bytes()}), "0");
    EXPECT_EQ(replica->command({"EXISTS", keysFor(SessionSettings()).tombstone(id.bytes())}), "1");
  }
}

TEST_F(Replicated, ASecondRevocationSaysNoMoreThanIsTrue) {
  const SessionId id = SessionId::generate();
  SessionRevocation one{.id = id, .tombstone_ttl = 100s};
  const auto revokeAt = [&](RedisClient& client) {
    RedisSessionStore store(client, SessionSettings(), keysFor(SessionSettings()), 1);
    store.revoke({&one, 1});
    return one.replicas;
  };
  first_.freeze();
  second_.freeze();
  EXPECT_EQ(revokeAt(test_->client), 0U);
  TestClient another(configFor(primary_.unixUrl()));
  EXPECT_EQ(revokeAt(another.client), 0U) << "on a connection that has written nothing";
  one.tombstone_ttl = 10s;
  TestClient shorter(configFor(primary_.unixUrl()));
  primary_.command({"CONFIG", "RESETSTAT"});
  EXPECT_EQ(revokeAt(shorter.client), 0U) << "nor on one that finds a tombstone that stands for longer";
  EXPECT_NE(primary_.command({"INFO", "commandstats"}).find("cmdstat_expire:"), std::string::npos) << "it is written";
  primary_.command({"PERSIST", keysFor(SessionSettings()).tombstone(id.bytes())});
  TestClient third(configFor(primary_.unixUrl()));
  EXPECT_EQ(revokeAt(third.client), 0U);
  first_.thaw();
  second_.thaw();
}

TEST_F(Replicated, WhoLogsEverybodyOutWaitsAndWhoOnlyAsksDoesNot) {
  RedisSessionStore store(test_->client, SessionSettings(), keysFor(SessionSettings()), 2);
  first_.freeze();
  const std::uint64_t before = missed();
  EXPECT_EQ(*store.raiseEpoch(7), 7U);
  EXPECT_EQ(missed(), before + 1);
  EXPECT_EQ(*store.raiseEpoch(0), 7U);
  EXPECT_EQ(*store.raiseEpoch(7), 7U);
  EXPECT_EQ(*store.raiseEpoch(3), 7U);
  EXPECT_EQ(missed(), before + 1);
  first_.thaw();
}

TEST_F(Replicated, WithoutTheOptionNobodyWaits) {
  EXPECT_EQ(revoke(0), (std::vector<std::optional<std::uint32_t>>{std::nullopt}));
}

TEST_F(Replicated, AReplicaThatHasStoppedIsNotCountedAndHoldsUpNobody) {
  second_.freeze();
  const std::uint64_t of_two = triesUntilOneHas(2);
  EXPECT_EQ(missed(), of_two) << "there never were two";
  const std::uint64_t of_one = triesUntilOneHas(1);
  EXPECT_EQ(missed(), of_two + of_one - 1);
  first_.kill();
  EXPECT_EQ(revoke(1), (std::vector<std::optional<std::uint32_t>>{0}));
  EXPECT_EQ(missed(), of_two + of_one);
  EXPECT_EQ(test_->text({"PING"}), "PONG");
  EXPECT_EQ(test_->errors("timeout"), 0U) << "the server itself answers in time";
  second_.thaw();
}

TEST_F(Replicated, WhoMayNotWaitIsToldSoAndTheSessionHasEnded) {
  primary_.command({"ACL", "SETUSER", "default", "-wait"});
  EXPECT_EQ(revoke(1), (std::vector<std::optional<std::uint32_t>>{0}));
  EXPECT_EQ(missed(), 1U);
}

bool has(std::string_view request, std::string_view word) {
  return request.find(word) != std::string_view::npos;
}

/// Two servers, the second of which is the primary from the moment at which the first one is asked for its replicas.
class FailoverUnderAWait : public ::testing::Test {
 protected:
  static std::string answer(std::string_view request, const char* replicas) {
    if (isGreeting(request)) return kGreeted;
    if (has(request, "WAIT")) return replicas;
    return has(request, "PING") ? "+PONG\r\n" : ":1\r\n";
  }
  static RedisSettings settingsFor(const std::string& url) {
    RedisSettings settings = configFor(url);
    settings.command_timeout = 5s;
    return settings;
  }
  Expected<std::uint32_t, StoreError> remove(Repeat repeat) {
    RedisCommands commands;
    commands.add({"DEL", "sess:a"});
    RedisReplies replies;
    return test_.client.replicate(commands, repeat, replies, 1);
  }
  std::uint64_t missed() { return test_.metrics.counter("sessiond_redis_unreplicated_total", "").read(); }

  std::atomic<int> removed_ = 0;  ///< by the second one
  ScriptedRedis second_{[this](std::string_view request, int) -> std::string {
    removed_ += has(request, "DEL") ? 1 : 0;
    return answer(request, ":1\r\n");
  }};
  ScriptedRedis first_{[this](std::string_view request, int) -> std::string {
    if (has(request, "WAIT")) test_.client.node().moveTo(*parseRedisUrl(second_.url()), "");
    return answer(request, ":0\r\n");
  }};
  TestClient test_{settingsFor(first_.url())};
};

TEST_F(FailoverUnderAWait, WhatTheOldPrimaryDidIsDoneAgainAtTheNewOne) {
  ASSERT_EQ(test_.text({"PING"}), "PONG");
  const auto reached = remove(Repeat::kSafe);
  ASSERT_TRUE(reached);
  EXPECT_EQ(*reached, 1U);
  EXPECT_EQ(removed_, 1);
  EXPECT_EQ(missed(), 0U) << "what the old one said of its replicas is nothing";
}

TEST_F(FailoverUnderAWait, WhatMayNotBeDoneTwiceIsNotAnswered) {
  ASSERT_EQ(test_.text({"PING"}), "PONG");
  const auto reached = remove(Repeat::kUnsafe);
  ASSERT_FALSE(reached);
  EXPECT_EQ(reached.error(), StoreError::kTimeout);
  EXPECT_EQ(removed_, 0);
}

/// Nor over a connection that was made for it: that was the second try, or could have been.
TEST_F(FailoverUnderAWait, ANewConnectionsAnswerIsNoneEither) {
  const auto reached = remove(Repeat::kSafe);
  ASSERT_FALSE(reached);
  EXPECT_EQ(reached.error(), StoreError::kTimeout);
  const auto again = remove(Repeat::kSafe);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, 1U);
  EXPECT_EQ(removed_, 1);
}

}  // namespace
}  // namespace sessiond
