// How the key of a session is given another life: the script for one touch, and what its reply says.
//
// Only a key that ends when it was thought to end is touched: what an application has decided since then stands.

#pragma once

#include <cstddef>
#include <span>

#include "base/clock.h"
#include "redis/redis_commands.h"
#include "redis/redis_keys.h"
#include "redis/redis_reply.h"
#include "session/lane_store.h"

namespace sessiond {

/// Appends one command for each.
void writeTouches(std::span<const KeyTouch> touches, const RedisKeys& keys, SteadyTime now, RedisCommands& commands);
/// Fills in every result. REQUIRES: the replies to them, from `first` on.
void readTouches(std::span<KeyTouch> touches, const RedisReplies& replies, std::size_t first);

}  // namespace sessiond
