// NodeReports: what is counted and logged of a node, and nothing that anybody decides by.

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/metrics.h"
#include "base/once_per.h"
#include "redis/circuit_breaker.h"
#include "redis/connection_error.h"
#include "redis/error_reply.h"
#include "redis/node_place.h"
#include "redis/redis_reply.h"
#include "redis/redis_settings.h"

namespace sessiond {

/// Thread-safe. `place` and `clock` outlive it.
class NodeReports {
 public:
  /// REQUIRES: countByServer() is called before anything is noted.
  NodeReports(const NodePlace& place, TopologyKind topology, const Clock& clock, MetricsRegistry& metrics);
  NodeReports(const NodeReports&) = delete;
  NodeReports& operator=(const NodeReports&) = delete;

  /// From now on errors are those of the server that is at the place now.
  void countByServer();
  /// The most serious kind found, or null when no reply is an error.
  const ErrorKind* noteErrors(const RedisReplies& replies);
  void noteFailure(const ConnectionError& error);
  /// Something was written that fewer replicas than wanted have.
  void noteUnreplicated(std::uint32_t reached, std::uint32_t wanted);
  void noteRefused() { counters_.refused.add(); }
  /// Not asked, because nobody vouches for it.
  void noteUnvouched() { counters_.unvouched.add(); }
  void noteChange(CircuitBreaker::Change change, std::string_view reason);
  void noteLatency(SteadyTime::duration time) { counters_.latency.observe(time); }

 private:
  struct Counters {
    explicit Counters(MetricsRegistry& metrics);
    Counter& connect;
    Counter& timeout;
    Counter& closed;
    Counter& broken;
    Counter& refused;
    Counter& unvouched;
    Counter& breaker_opened;
    Counter& unreplicated;
    Histogram& latency;
    std::vector<Counter*> replies;  // by ErrorKind::index
  };

  void noteErrorReply(const ErrorKind& kind, std::string_view text);

  const NodePlace& place_;
  const TopologyKind topology_;
  const Clock& clock_;
  MetricsRegistry& metrics_;
  Counters counters_;
  Guarded<std::shared_ptr<Counter>> server_errors_;
  OncePer failure_log_;
  OncePer unreplicated_log_;
  std::vector<std::unique_ptr<OncePer>> reply_log_;  // by ErrorKind::index
};

}  // namespace sessiond
