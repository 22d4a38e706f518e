// What the FastCGI room counts.

#pragma once

#include "base/metrics.h"

namespace sessiond {

/// References into the registry; thread-safe as those are.
struct FastcgiMetrics {
  explicit FastcgiMetrics(MetricsRegistry& registry);

  Counter& accepted;     ///< connections
  Gauge& open;           ///< connections
  Counter& paused;       ///< times accepting had to wait: no descriptor free, or the limit on connections reached
  Counter& idle_closed;  ///< at that limit, for a new one
  Counter& malformed;    ///< refused by the framing check
  Counter& too_large;    ///< answered 413
  Counter& unknown_role;
  Counter& timed_out;       ///< requests that did not become whole in time
  Counter& crowded_out;     ///< requests that did not become whole while too many others did not either
  Counter& no_memory;       ///< requests that there was no memory for
  Counter& overloaded;      ///< answered 503 because a queue was full
  Counter& handler_errors;  ///< exceptions out of a handler, answered 500
  Counter& write_failures;  ///< answers that did not get out
};

}  // namespace sessiond
