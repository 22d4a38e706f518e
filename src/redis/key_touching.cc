#include "redis/key_touching.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "redis/error_reply.h"
#include "redis/ttl_argument.h"

namespace sessiond {
namespace {

using Type = RedisReply::Type;

// KEYS: session. ARGV: remaining life as it should be, in milliseconds (negative: no end), how far off it may be, new
// life in seconds. 0: touched; 1: somebody has given it another life; 2: it is gone.
constexpr std::string_view kTouchScript = R"lua(
local left = redis.call('PTTL', KEYS[1])
if left == -2 then return 2 end
local expected = tonumber(ARGV[1])
if (left < 0) ~= (expected < 0) then return 1 end
if left >= 0 and math.abs(left - expected) > tonumber(ARGV[2]) then return 1 end
local done = redis.pcall('EXPIRE', KEYS[1], ARGV[3])
if type(done) == 'table' and done.err then return done end
return 0
)lua";

std::string millisecondsUntil(SteadyTime end, SteadyTime now) {
  if (end == SteadyTime::max()) return "-1";
  return std::to_string(std::max<std::int64_t>(0, std::chrono::duration_cast<milliseconds>(end - now).count()));
}

}  // namespace

void writeTouches(std::span<const KeyTouch> touches, const RedisKeys& keys, SteadyTime now, RedisCommands& commands) {
  const std::string tolerance = std::to_string(KeyTouch::kTolerance.count());
  for (const KeyTouch& touch : touches) {
    commands.beginScript(kTouchScript, 3);
    commands.argument(keys.sessions(), touch.id->bytes());
    commands.argument(millisecondsUntil(touch.ends, now));
    commands.argument(tolerance);
    commands.argument(ttlArgument(touch.ttl));
  }
}

void readTouches(std::span<KeyTouch> touches, const RedisReplies& replies, std::size_t first) {
  for (std::size_t i = 0; i < touches.size(); ++i) {
    const RedisReply& reply = replies[first + i];
    KeyTouch& touch = touches[i];
    if (reply.type != Type::kInteger) {
      touch.result = Unexpected(storeErrorOf(reply));
    } else {
      touch.result = reply.integer == 0   ? TouchOutcome::kTouched
                     : reply.integer == 1 ? TouchOutcome::kChanged
                                          : TouchOutcome::kGone;
    }
  }
}

}  // namespace sessiond
