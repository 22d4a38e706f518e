// CheckStatus: what a session check found, each reason apart.
//
// It is the word in X-Session-Status, the `outcome` label of sessiond_checks_total, and decides the answer's code:
// 401 for whoever should log in, 403 for whoever may not, 503 when nobody can say.

#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "base/metrics.h"

namespace sessiond {

enum class CheckStatus {
  kValid,
  kMissing,        ///< no session cookie
  kMalformed,      ///< a cookie that is no signed value
  kForged,         ///< no secret made this signature
  kUnknown,        ///< no such session: expired by its key's time to live, or never was
  kExpired,        ///< beyond session.absolute_timeout, or a cookie lifetime of nothing
  kRevoked,        ///< logged out
  kAnonymous,      ///< a session of nobody
  kCorrupt,        ///< a stored value that is no session
  kStale,          ///< the login is older than the policy's max_auth_age
  kForbidden,      ///< logged in, but not allowed here
  kUnavailable,    ///< Redis cannot say
  kMisconfigured,  ///< nginx names a policy that does not exist
};
inline constexpr std::size_t kCheckStatuses = 13;

/// One lower-case word.
std::string_view nameOf(CheckStatus status);

/// The refusal's HTTP code: 401, 403 or 503; nginx turns all others into 500. REQUIRES: not kValid.
int refusalCode(CheckStatus status);

/// May a policy that only prefers a session (`require: optional`) let this pass as nobody? True where it is certain
/// that there is no login; not where it is unknown or damaged, and not where there is one that the policy refuses.
bool passesAsNobody(CheckStatus status);

/// A counter for each status. Thread-safe.
class CheckCounters {
 public:
  explicit CheckCounters(MetricsRegistry& metrics);
  void count(CheckStatus status) { counters_[static_cast<std::size_t>(status)]->add(); }

 private:
  std::array<Counter*, kCheckStatuses> counters_{};
};

}  // namespace sessiond
