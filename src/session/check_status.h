// CheckStatus: what a session check found, each reason apart: the one answer to "why is nobody logged in here?", from
// the reading of a cookie or a stored value to the answer, the figures and the log.
//
// It is the word in X-Session-Status, the `outcome` label of sessiond_checks_total, and decides the answer's code:
// 401 for whoever should log in, 403 for whoever may not, 503 when nobody can say.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/enum_size.h"
#include "base/metrics.h"

namespace sessiond {

enum class CheckStatus : std::uint8_t {
  kValid,
  kMissing,        ///< no session cookie
  kMalformed,      ///< a cookie that is no signed value
  kForged,         ///< no secret made this signature
  kTooMany,        ///< more session cookies than are looked at, and none of those led to a session
  kTooLarge,       ///< more bytes of cookies than are looked at, and nothing in those led to a session
  kUnknown,        ///< no such session: expired by its key's time to live, or never was
  kExpired,        ///< beyond session.absolute_timeout, or a cookie lifetime of nothing
  kRevoked,        ///< logged out
  kAnonymous,      ///< a session of nobody
  kCorrupt,        ///< a stored value that is no session (RecordDamage says why)
  kStale,          ///< the login is older than the policy's max_auth_age
  kForbidden,      ///< logged in, but not allowed here
  kLost,           ///< logged in, but an identity value that may not be left out cannot be sent as it stands
  kIncomplete,     ///< logged in, without a value for a required identity header
  kUnavailable,    ///< Redis cannot say
  kMisconfigured,  ///< nginx names a policy or a word that does not exist
};
inline constexpr std::size_t kCheckStatuses = enumSize<CheckStatus>();

/// In lower case, without spaces.
constexpr std::string_view nameOf(CheckStatus status) {
  switch (status) {
    case CheckStatus::kValid:
      return "valid";
    case CheckStatus::kMissing:
      return "missing";
    case CheckStatus::kMalformed:
      return "malformed";
    case CheckStatus::kForged:
      return "forged";
    case CheckStatus::kTooMany:
      return "too_many";
    case CheckStatus::kTooLarge:
      return "too_large";
    case CheckStatus::kUnknown:
      return "unknown";
    case CheckStatus::kExpired:
      return "expired";
    case CheckStatus::kRevoked:
      return "revoked";
    case CheckStatus::kAnonymous:
      return "anonymous";
    case CheckStatus::kCorrupt:
      return "corrupt";
    case CheckStatus::kStale:
      return "stale";
    case CheckStatus::kForbidden:
      return "forbidden";
    case CheckStatus::kLost:
      return "lost";
    case CheckStatus::kIncomplete:
      return "incomplete";
    case CheckStatus::kUnavailable:
      return "unavailable";
    case CheckStatus::kMisconfigured:
      return "misconfigured";
  }
  return {};
}

/// The refusal's HTTP code: 401, 403 or 503; nginx turns all others into 500. REQUIRES: not kValid.
int refusalCode(CheckStatus status);

/// May a policy that only prefers a session (`require: optional`) let this pass as nobody? True where it is certain
/// that there is no login, a damaged record included: nobody can be logged in by it; and where there was more than is
/// looked at, since a site's public pages must not be lost to cookies that somebody planted. Not where it is unknown,
/// and not where there is a login that the policy refuses.
bool passesAsNobody(CheckStatus status);

/// Were there more cookies than are looked at? Then a session may stand behind them, although none was found.
bool wasCut(CheckStatus status);

/// A counter for each status. Thread-safe.
class CheckCounters {
 public:
  explicit CheckCounters(MetricsRegistry& metrics);
  void count(CheckStatus status) { counters_[static_cast<std::size_t>(status)]->add(); }

 private:
  std::array<Counter*, kCheckStatuses> counters_{};
};

}  // namespace sessiond
