#include "process_metrics.h"

#include <chrono>
#include <vector>

#include "base/version.h"
#include "os/process_figures.h"

namespace sessiond {

void registerProcess(MetricsRegistry& metrics) {
  using Kind = MetricsRegistry::Kind;
  metrics.gauge("sessiond_build_info", "1, and the version that runs.", {{"version", std::string(kVersion)}}).set(1);
  metrics.asked({{"process_cpu_seconds_total", "Processor time of the process, user and system.", Kind::kCounter},
                 {"process_start_time_seconds", "When the process was started, in seconds since 1970.", Kind::kGauge},
                 {"process_resident_memory_bytes", "Memory that the process has in use.", Kind::kGauge},
                 {"process_virtual_memory_bytes", "Addresses that the process has in use.", Kind::kGauge},
                 {"process_open_fds", "Files and connections that the process has open.", Kind::kGauge},
                 {"process_max_fds", "Files and connections that the process may have open.", Kind::kGauge}},
                [start = processStart()] {
                  const ProcessFigures now = processFigures();
                  return std::vector<double>{now.cpu_seconds,   start,          now.resident_bytes,
                                             now.virtual_bytes, now.open_files, now.most_open_files};
                });
}

ReloadMetrics::ReloadMetrics(MetricsRegistry& metrics)
    : succeeded_(metrics.gauge("sessiond_config_last_reload_successful",
                               "1: the configuration in force is the one that was asked for last; 0: that one was "
                               "refused, and the one before it stays.")),
      in_force_since_(metrics.gauge("sessiond_config_in_force_since_seconds",
                                    "Since when the configuration is in force, in seconds since 1970.")) {}

void ReloadMetrics::note(bool succeeded, WallTime in_force_since) {
  succeeded_.set(succeeded ? 1 : 0);
  in_force_since_.set(std::chrono::floor<std::chrono::seconds>(in_force_since).time_since_epoch().count());
}

}  // namespace sessiond
