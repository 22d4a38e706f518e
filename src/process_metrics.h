// What the metrics say of the process as a whole: which version it is, what it uses of the machine, and whether the
// configuration that is in force is the one in the file.

#pragma once

#include "base/clock.h"
#include "base/metrics.h"

namespace sessiond {

/// Once a process.
void registerProcess(MetricsRegistry& metrics);

/// References into the registry; thread-safe as those are.
class ReloadMetrics {
 public:
  explicit ReloadMetrics(MetricsRegistry& metrics);
  /// After the start, and after each reload. `in_force_since`: of the configuration that is in force now.
  void note(bool succeeded, WallTime in_force_since);

 private:
  Gauge& succeeded_;
  Gauge& in_force_since_;
};

}  // namespace sessiond
