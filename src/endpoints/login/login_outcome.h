// LoginOutcome: how a login attempt ended, each reason apart; and what the client is told, which is less.

#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "base/enum_size.h"
#include "base/metrics.h"

namespace sessiond {

enum class LoginOutcome {
  kSuccess,
  kUnsupportedType,
  kTooLarge,
  kMalformed,
  kCrossSite,
  kNoCookie,     ///< the browser did not send back the cookie of the form's page
  kBadToken,     ///< the form's CSRF token is missing or another browser's
  kExpiredPage,  ///< the form's CSRF token is too old
  kClock,        ///< the form's CSRF token is from the future
  kTooLong,      ///< longer than a name or a password may be
  kThrottled,    ///< too many tries
  kUnknownUser,
  kWrongPassword,
  kLocked,           ///< the user is locked
  kDamagedEntry,     ///< the user's stored entry cannot be used, or no session can hold it
  kTooManySessions,  ///< the password was right, but the user may have no more sessions
  kUnavailable,      ///< Redis, or whoever knows the users, cannot say
};
inline constexpr std::size_t kLoginOutcomes = enumSize<LoginOutcome>();

/// One lower-case word, for the metric's label and the audit log.
std::string_view nameOf(LoginOutcome outcome);

/// What a refused client is told. Unknown user, wrong password, locked user and damaged entry are told apart nowhere
/// here.
struct LoginRefusal {
  int status;
  std::string_view error;    ///< for JSON
  std::string_view message;  ///< for people: a key of the pages' texts; empty: a page of its own says it
};
/// REQUIRES: not kSuccess.
LoginRefusal refusalOf(LoginOutcome outcome);

/// Was the attempt refused before a password was looked at? Anybody can bring that about as often as they like, so the
/// log sums such refusals up.
bool isCheap(LoginOutcome outcome);

/// A counter for each outcome. Thread-safe.
class LoginCounters {
 public:
  explicit LoginCounters(MetricsRegistry& metrics);
  void count(LoginOutcome outcome) const { counters_[static_cast<std::size_t>(outcome)]->add(); }

 private:
  std::array<Counter*, kLoginOutcomes> counters_{};
};

}  // namespace sessiond
