// RedisLaneStore: a lane's loads and touches at one server, one batch at a time, one pipeline a batch, over a channel
// of its own (lane_channel.h).

#pragma once

#include <cstddef>

#include "base/clock.h"
#include "base/event_loop.h"
#include "redis/lane_channel.h"
#include "redis/redis_keys.h"
#include "redis/session_reading.h"
#include "session/lane_store.h"

namespace sessiond {

/// Of one lane's thread. What it is given outlives it.
class RedisLaneStore final : public LaneStore, private LaneChannel::Query {
 public:
  /// `canaries`: null where nothing is cached.
  RedisLaneStore(RedisNode& node, Canaries* canaries, const SessionSettings& config, RedisKeys keys, EventLoop& loop,
                 const Clock& clock);

  void send(StoreBatch& batch, SteadyTime deadline, Client& client) override;
  void noteUse() override { channel_.noteUse(); }

 private:
  void write(RedisCommands& commands) override;
  void answered(RedisReplies& replies, std::size_t first, bool tracked) override;
  void failed(StoreError error) override;
  void finish();

  RedisNode& node_;
  const RedisKeys keys_;
  const SessionReading reading_;
  const Clock& clock_;
  StoreBatch* batch_ = nullptr;
  Client* client_ = nullptr;
  LaneChannel channel_;
};

}  // namespace sessiond
