// SessionEndCounters: how it went when users ended sessions of theirs, wherever they are shown a list of these.

#pragma once

#include "base/metrics.h"

namespace sessiond {

/// Thread-safe. The registry outlives it.
struct SessionEndCounters {
  explicit SessionEndCounters(MetricsRegistry& metrics);

  Counter& success;
  Counter& refused;
  Counter& unavailable;
};

}  // namespace sessiond
