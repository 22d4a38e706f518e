// A LaneChannel with a real Redis, and canaries that come back when the test says so.

#pragma once

#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cache_instance.h"
#include "redis/lane_channel.h"
#include "redis_test_fixture.h"
#include "support/later_clock.h"
#include "support/poll_loop.h"

namespace sessiond {

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

}  // namespace sessiond
