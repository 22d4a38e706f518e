// How long a lane waits for replies that come one after the other: a clock that the test moves, and a server whose
// every byte is the test's.

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "redis/canaries.h"
#include "redis/lane_channel.h"
#include "redis_test_fixture.h"
#include "support/fake_clock.h"
#include "support/fake_loop.h"
#include "support/scripted_redis.h"
#include "support/temporary_folder.h"

namespace sessiond {
namespace {

constexpr std::string_view kReply = "$5\r\nvalue\r\n";

class LanePatience : public testing::Test, private LaneChannel::Query {
 protected:
  LanePatience() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    canaries_.subscribed(prefix_);
    channel_.emplace(node_, &canaries_, trust_.maxStaleness(), loop_, clock_);
    // The first question connects, and writes a canary, which comes back.
    ask(1);
    loop_.event();
    server_ = UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    say(kGreeted);
    const std::string asked = heard();
    const std::size_t canary = asked.find(prefix_);
    EXPECT_NE(canary, std::string::npos) << asked;
    say("+OK\r\n");
    say(kReply);
    EXPECT_EQ(outcome_, "untracked") << "as yet";
    canaries_.cameBack(std::string_view(asked).substr(canary, asked.find("\r\n", canary) - canary), prefix_, now());
  }

  /// Behind the first one all at once, without another canary.
  void ask(int commands, milliseconds budget = 10s) {
    outcome_.clear();
    commands_ = commands;
    channel_->send(static_cast<LaneChannel::Query&>(*this), now() + budget);
  }
  void say(std::string_view bytes) {
    ASSERT_EQ(::send(server_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    loop_.event();
  }
  void sayLater(milliseconds later, std::string_view bytes) {
    clock_.advance(later);
    say(bytes);
  }
  /// For how long it is still waited.
  milliseconds patience() { return std::chrono::duration_cast<milliseconds>(loop_.at - now()); }
  void waitInVain() {
    clock_.advance(patience());
    loop_.reach();
  }
  SteadyTime now() { return clock_.steadyNow(); }

  std::string outcome_;

 private:
  void write(RedisCommands& commands) override {
    for (int i = 0; i < commands_; ++i) commands.add({"GET", "sess:a"});
  }
  void answered(RedisReplies&, std::size_t, bool tracked) override { outcome_ = tracked ? "tracked" : "untracked"; }
  void failed(StoreError error) override { outcome_ = error == StoreError::kTimeout ? "too late" : "failed"; }
  std::string heard() {
    std::array<char, 4096> bytes{};
    const ssize_t size = ::recv(server_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }
  static RedisSettings settings(const std::string& path) {
    RedisSettings config = configFor("unix://" + path);
    config.command_timeout = 250ms;
    return config;
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_ / "redis.sock";
  const UniqueFd listener_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  UniqueFd server_;
  FakeClock clock_;
  FakeLoop loop_;
  MetricsRegistry metrics_;
  CacheTrust trust_{1s};
  Canaries canaries_{trust_, keysFor(SessionSettings()), metrics_};
  const std::string prefix_ = canaries_.newPrefix();
  RedisNode node_{settings(path_), kProbeKey, clock_, metrics_};
  int commands_ = 0;
  std::optional<LaneChannel> channel_;
};

TEST_F(LanePatience, AReplyThatIsCompleteGivesTheNextOneItsTime) {
  ask(4);
  EXPECT_EQ(patience(), 250ms);
  for (int i = 0; i < 3; ++i) {
    sayLater(200ms, kReply);
    EXPECT_EQ(patience(), 250ms);
  }
  EXPECT_EQ(outcome_, "");
  sayLater(200ms, kReply);
  EXPECT_EQ(outcome_, "tracked") << "after 800 ms";
}

TEST_F(LanePatience, BytesThatCompleteNoReplyGiveNothing) {
  ask(3);
  sayLater(200ms, kReply);
  for (milliseconds left = 200ms; left > 0ms; left -= 50ms) {
    sayLater(50ms, left == 200ms ? "$100\r\nx" : "x");
    EXPECT_EQ(patience(), left);
  }
  EXPECT_EQ(outcome_, "");
  waitInVain();
  EXPECT_EQ(outcome_, "too late");
}

TEST_F(LanePatience, NobodyWaitsBeyondTheDeadline) {
  ask(10, 750ms);
  for (int i = 0; i < 3; ++i) sayLater(200ms, kReply);
  EXPECT_EQ(patience(), 150ms);
  waitInVain();
  EXPECT_EQ(outcome_, "too late");
}

TEST_F(LanePatience, WhatTookLongerThanACanaryCountsIsNotFresh) {
  ask(6);
  for (int i = 0; i < 6; ++i) sayLater(200ms, kReply);
  EXPECT_EQ(outcome_, "untracked") << "the canary was sent 1.2 s ago";
}

}  // namespace
}  // namespace sessiond
