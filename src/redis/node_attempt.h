// NodeAttempt: one asking of a node, from whether it may be asked to what has come of it, for its breaker, the figures
// and the log. Whoever asks, waiting or not, learns an answer or one of two reasons: kUnavailable, kTimeout.

#pragma once

#include <optional>

#include "base/clock.h"
#include "base/expected.h"
#include "redis/circuit_breaker.h"
#include "redis/connection_error.h"
#include "redis/redis_node.h"
#include "redis/redis_reply.h"
#include "session/session_store.h"

namespace sessiond {

/// Of one thread; the node outlives it. Ends in one call of answered(), disbelieved() or failed(); without one it
/// counts as failed.
class NodeAttempt {
 public:
  NodeAttempt(RedisNode& node, SteadyTime now);

  /// False: nobody vouches for the node, or its breaker is open: it is not asked, and nothing else is to be called.
  explicit operator bool() const { return permission_.has_value(); }

  /// An error: by a server on which nothing works, or by a replica.
  Expected<void, StoreError> answered(const RedisReplies& replies, SteadyTime now);
  /// Answered by one that lacks replicas, or its cluster's majority.
  StoreError disbelieved(const RedisReplies& replies);
  StoreError failed(const ConnectionError& error, SteadyTime now);

 private:
  /// Does anything work there? For the breaker.
  bool noteWorking(const RedisReplies& replies);

  RedisNode& node_;
  const SteadyTime began_;
  std::optional<CircuitBreaker::Attempt> permission_;
};

}  // namespace sessiond
