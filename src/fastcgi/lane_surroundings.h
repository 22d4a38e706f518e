// What the lanes of a server share, and the stages of their ending.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/snapshot.h"
#include "fastcgi/fastcgi_metrics.h"
#include "fastcgi/listen_settings.h"
#include "fastcgi/worker_pool.h"
#include "http/handler.h"

namespace sessiond {

class Lane;
class Listener;

/// Outlives the lanes. Its parts are thread-safe, or do not change while lanes run.
struct LaneSurroundings {
  const ServerSettings& settings;
  const Listener& listener;
  RequestQueue& works;
  RequestQueue& passwords;
  Snapshot<Handler>& handlers;
  FastcgiMetrics& metrics;
  const Clock& clock;
  std::vector<std::unique_ptr<Lane>>& lanes;  ///< all of them, in order; does not change while they run
  std::atomic<std::size_t> connections = 0;   ///< open in all lanes
};

/// In order; a lane only ever moves forward.
enum class LanePhase : std::uint8_t {
  kServing,
  /// Accepts what waits in the backlog of a socket of our own, answers what has arrived, closes idle connections and
  /// every other one after its answer; then ends.
  kDraining,
  kEnding,  ///< closes all but what is with a worker or waits for Redis; ends when that is back
};

}  // namespace sessiond
