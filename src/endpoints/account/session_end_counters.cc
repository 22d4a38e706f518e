#include "endpoints/account/session_end_counters.h"

namespace sessiond {
namespace {

Counter& endsCounter(MetricsRegistry& metrics, const char* outcome) {
  return metrics.counter("sessiond_session_ends_total",
                         "Sessions that users ended in the list of theirs, by how it went.", {{"outcome", outcome}});
}

}  // namespace

SessionEndCounters::SessionEndCounters(MetricsRegistry& metrics)
    : success(endsCounter(metrics, "success")),
      refused(endsCounter(metrics, "refused")),
      unavailable(endsCounter(metrics, "unavailable")) {}

}  // namespace sessiond
