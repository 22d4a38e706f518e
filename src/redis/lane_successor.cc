#include "redis/lane_successor.h"

namespace sessiond {

LaneSuccessor::LaneSuccessor(RedisNode& node, EventLoop& loop, const Clock& clock)
    : node_(node), connection_(node, loop, clock, *this) {}

void LaneSuccessor::seek(SteadyTime now) {
  if (!connection_.closed() || now < next_try_) return;
  next_try_ = now + RedisNode::kSuccessorPause;
  renew_at_ = now + RedisNode::newAgeLimit();
  connection_.open(now + node_.connectTimeout());
}

void LaneSuccessor::failed(const ConnectionError& error) {
  node_.reports().noteFailure(error);
  speaks_against_present_ = NodeGreeting::speaksAgainstPresent(error);
}

void LaneSuccessor::drop() {
  connection_.close();
  speaks_against_present_ = false;
}

}  // namespace sessiond
