#include "redis/redis_lane_store.h"

#include <utility>

#include "base/check.h"
#include "redis/connection_error.h"
#include "redis/key_touching.h"

namespace sessiond {

RedisLaneStore::RedisLaneStore(RedisNode& node, Canaries* canaries, const SessionSettings& config, RedisKeys keys,
                               EventLoop& loop, const Clock& clock)
    : node_(node),
      keys_(std::move(keys)),
      reading_(config, keys_),
      clock_(clock),
      channel_(node, canaries, config.cache.max_staleness, loop, clock) {}

void RedisLaneStore::send(StoreBatch& batch, SteadyTime deadline, Client& client) {
  SESSIOND_CHECK(batch_ == nullptr);
  batch_ = &batch;
  client_ = &client;
  channel_.send(*this, deadline);
}

void RedisLaneStore::write(RedisCommands& commands) {
  reading_.write(batch_->loads, commands);
  writeTouches(batch_->touches, keys_, clock_.steadyNow(), commands);
}

void RedisLaneStore::answered(RedisReplies& replies, std::size_t first, bool tracked) {
  batch_->tracked = tracked;
  if (!SessionReading::read(batch_->loads, replies, first)) node_.reports().noteFailure(notOfRedis());
  readTouches(batch_->touches, replies, replies.size() - batch_->touches.size());
  finish();
}

void RedisLaneStore::failed(StoreError error) {
  for (SessionLoad& load : batch_->loads) load.result = Unexpected(error);
  for (KeyTouch& touch : batch_->touches) touch.result = Unexpected(error);
  finish();
}

void RedisLaneStore::finish() {
  StoreBatch& batch = *std::exchange(batch_, nullptr);
  client_->answered(batch);
}

}  // namespace sessiond
