#include "fastcgi/fastcgi_metrics.h"

#include <string>

namespace sessiond {

namespace {

Counter& refused(MetricsRegistry& registry, const std::string& reason) {
  return registry.counter("sessiond_fastcgi_refused_total", "FastCGI requests refused before any endpoint saw them.",
                          {{"reason", reason}});
}

}  // namespace

FastcgiMetrics::FastcgiMetrics(MetricsRegistry& registry)
    : accepted(registry.counter("sessiond_fastcgi_connections_accepted_total", "FastCGI connections accepted.")),
      open(registry.gauge("sessiond_fastcgi_connections", "FastCGI connections open now.")),
      paused(registry.counter("sessiond_fastcgi_accept_paused_total",
                              "Times accepting paused for want of descriptors or at max_connections.")),
      idle_closed(registry.counter("sessiond_fastcgi_idle_closed_total",
                                   "FastCGI connections closed at max_connections, as the one silent for longest.")),
      malformed(refused(registry, "malformed")),
      too_large(refused(registry, "too_large")),
      unknown_role(refused(registry, "unknown_role")),
      timed_out(refused(registry, "timeout")),
      crowded_out(refused(registry, "crowded_out")),
      no_memory(refused(registry, "no_memory")),
      overloaded(refused(registry, "overloaded")),
      handler_errors(
          registry.counter("sessiond_fastcgi_handler_errors_total", "Requests answered 500 because of an exception.")),
      write_failures(
          registry.counter("sessiond_fastcgi_write_failures_total", "Answers that the web server did not take.")) {}

}  // namespace sessiond
