// What the metrics say of the cache's size. For whoever is about to show them.

#pragma once

#include "base/metrics.h"
#include "session/session_cache.h"

namespace sessiond {

/// References into the registry; thread-safe as those are.
class CacheFigures {
 public:
  explicit CacheFigures(MetricsRegistry& metrics)
      : entries_(metrics.gauge("sessiond_cache_entries", "Sessions in memory, and what is known to be none.")),
        bytes_(metrics.gauge("sessiond_cache_bytes", "Memory of the sessions in memory.")),
        evictions_(metrics.gauge("sessiond_cache_evictions",
                                 "Sessions that had to make room for others since the configuration was loaded.")) {}

  void show(const SessionCache::Size& size) {
    entries_.set(static_cast<std::int64_t>(size.entries));
    bytes_.set(static_cast<std::int64_t>(size.bytes));
    evictions_.set(static_cast<std::int64_t>(size.evictions));
  }

 private:
  Gauge& entries_;
  Gauge& bytes_;
  Gauge& evictions_;
};

}  // namespace sessiond
