// LostIdentity: tells the operator which identity headers lose their values, by header: a figure for each and a line
// in the log with the remedy. Whether the request is refused is another matter (identity_header.h).

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/log_summary.h"
#include "base/metrics.h"
#include "session/identity_header.h"

namespace sessiond {

/// Thread-safe.
class LostIdentity {
 public:
  /// `names`: the headers, in the order of the bits. `metrics` must outlive it.
  LostIdentity(std::vector<std::string> names, MetricsRegistry& metrics);

  /// `lost`: a bit a header, at least one is set. `session` is what the log calls the session. Each is counted; what
  /// is said of many is summed up.
  void note(IdentityHeaderBits lost, std::string_view session, SteadyTime now);

 private:
  const std::vector<std::string> names_;
  std::vector<Counter*> counters_;
  LogSummary log_;
};

}  // namespace sessiond
