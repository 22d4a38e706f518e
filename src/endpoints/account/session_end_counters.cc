#include "endpoints/account/session_end_counters.h"

namespace sessiond {
namespace {

Counter& counterOf(MetricsRegistry& metrics, const char* outcome) {
  return metrics.counter("sessiond_session_ends_total",
                         "Sessions that users ended in the list of theirs, by how it went.", {{"outcome", outcome}});
}

}  // namespace

SessionEndCounters::SessionEndCounters(MetricsRegistry& metrics)
    : success(counterOf(metrics, "success")),
      refused(counterOf(metrics, "refused")),
      unavailable(counterOf(metrics, "unavailable")) {}

}  // namespace sessiond
