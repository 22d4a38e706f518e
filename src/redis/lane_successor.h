// LaneSuccessor: the connection that takes the place of a lane's present one when that grows old, made while that one
// is still in use.
//
// A server that is full, or has another password by now, refuses whoever comes and serves on whom it has; and a name
// that cannot be looked up for a moment says nothing of a server that answers. Then the present connection is kept as
// long as its age allows, and another successor is sought after a pause. Longer it is not kept: where the address leads
// by now, only a connection that was taken can tell. Where the server says more, that it is a replica, say, it speaks
// against the present one as well.

#pragma once

#include "base/clock.h"
#include "base/event_loop.h"
#include "redis/lane_connection.h"
#include "redis/redis_node.h"

namespace sessiond {

/// Of one lane's thread. What it is given outlives it.
class LaneSuccessor final : private LaneConnection::Owner {
 public:
  LaneSuccessor(RedisNode& node, EventLoop& loop, const Clock& clock);
  LaneSuccessor(const LaneSuccessor&) = delete;
  LaneSuccessor& operator=(const LaneSuccessor&) = delete;

  /// Begins to connect, unless it is at it, stands, or has begun a moment ago.
  void seek(SteadyTime now);
  /// Does it stand?
  bool ready() const { return connection_.ready(); }
  /// The one to take over, which leaves this closed. REQUIRES: ready().
  LaneConnection& connection() { return connection_; }
  /// When that is too old in its turn.
  SteadyTime renewAt() const { return renew_at_; }
  /// It could not be made, and the present one is not to be kept.
  bool speaksAgainstPresent() const { return speaks_against_present_; }
  /// There is no present one any more.
  void drop();

 private:
  void opened() override {}
  void answered() override {}  // nothing is asked
  void failed(const ConnectionError& error) override;
  /// It has never stood, and the present one does.
  bool isLoss(const ConnectionError& error) const override { return NodeGreeting::speaksAgainstPresent(error); }

  RedisNode& node_;
  LaneConnection connection_;
  SteadyTime renew_at_;
  SteadyTime next_try_ = SteadyTime::min();
  bool speaks_against_present_ = false;
};

}  // namespace sessiond
