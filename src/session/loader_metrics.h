// The figures of loading sessions (session_loader.h).

#pragma once

#include "base/metrics.h"

namespace sessiond {

/// Of all lanes of a site.
struct LoaderMetrics {
  explicit LoaderMetrics(MetricsRegistry& metrics);
  Counter& misses;
  Counter& joined;
  Counter& touched;
  Counter& touches_failed;
  Counter& touches_changed;
};

}  // namespace sessiond
