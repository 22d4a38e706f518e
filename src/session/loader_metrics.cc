#include "session/loader_metrics.h"

namespace sessiond {

LoaderMetrics::LoaderMetrics(MetricsRegistry& metrics)
    : misses(metrics.counter("sessiond_cache_misses_total", "Sessions wanted by a check and asked of Redis.")),
      joined(metrics.counter("sessiond_cache_joined_total",
                             "Sessions wanted by a check while another one was asking Redis; both had the answer.")),
      touched(metrics.counter("sessiond_touches_total", "Sessions whose time to live was extended.")),
      touches_failed(metrics.counter("sessiond_touch_failures_total",
                                     "Touches that did not reach Redis; they are sent again when it answers.")),
      touches_changed(metrics.counter("sessiond_touches_changed_total",
                                      "Touches left out because somebody had just given the session another life.")) {}

}  // namespace sessiond
