// LaidReadyAccess: a RedisAccess without a server. Each pipeline is answered with what a test has laid ready for it.

#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "redis/redis_access.h"

namespace sessiond {

class LaidReadyAccess final : public RedisAccess {
 public:
  using RedisAccess::pipeline;
  using RedisAccess::replicate;

  /// For the next pipeline that nothing is ready for yet.
  LaidReadyAccess& then(RedisReplies replies) {
    ready_.emplace_back(std::move(replies));
    return *this;
  }
  /// It is answered by nobody.
  LaidReadyAccess& thenNobody() {
    ready_.emplace_back(std::nullopt);
    return *this;
  }
  /// How many pipelines have not come.
  std::size_t left() const { return ready_.size(); }
  /// What was asked last.
  const std::string& asked() const { return asked_; }
  /// May that be asked twice?
  Repeat repeat() const { return repeat_; }
  /// How many deadlines were given.
  int deadlines() const { return deadlines_; }

  Expected<void, StoreError> pipeline(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                      SteadyTime /*deadline*/) override {
    asked_ = commands.bytes();
    repeat_ = repeat;
    if (ready_.empty()) ADD_FAILURE() << "nobody expected to be asked " << asked_;
    std::optional<RedisReplies> next;
    if (!ready_.empty()) next = std::move(ready_.front());
    if (!ready_.empty()) ready_.pop_front();
    if (!next) return Unexpected(StoreError::kTimeout);
    EXPECT_EQ(next->size(), commands.count()) << asked_;
    replies = *std::move(next);
    return {};
  }
  Expected<std::uint32_t, StoreError> replicate(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                                std::uint32_t wanted, SteadyTime deadline) override {
    if (auto done = pipeline(commands, repeat, replies, deadline); !done) return Unexpected(done.error());
    return wanted;
  }
  SteadyTime newDeadline() const override {
    ++deadlines_;
    return SteadyTime::max();
  }
  bool reachable() override { return true; }
  StartupReport probe() override { return {}; }
  std::vector<RedisClient*> servers() override { return {}; }

 private:
  std::deque<std::optional<RedisReplies>> ready_;
  std::string asked_;
  Repeat repeat_ = Repeat::kSafe;
  mutable int deadlines_ = 0;
};

}  // namespace sessiond
