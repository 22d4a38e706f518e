// LoginAudit: what the audit log says of logins and of what was refused. It names nobody: users by a keyed hash, and
// addresses too, unless log.audit_addresses says `full` for tools that ban addresses.
//
// What anybody can bring about as often as they like, because it was refused before a password was looked at, is summed
// up: a line now and then, with how many there were. Wrong passwords have a line each; the gate bounds them.

#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/log_summary.h"
#include "endpoints/login/login_outcome.h"
#include "http/request.h"
#include "session/session_id.h"

namespace sessiond {

/// Thread-safe.
class LoginAudit {
 public:
  /// Both must outlive it.
  LoginAudit(AuditAddresses addresses, const HmacKey& log_key, const Clock& clock)
      : addresses_(addresses), log_key_(log_key), clock_(clock) {}

  /// `name` is what was tried, canonical.
  void loggedIn(const Request& request, const SessionId& session, std::string_view name, std::string_view user_id);
  /// `limit`: whose limit it was; empty for what is no limit. `name` may be empty.
  void refused(const Request& request, LoginOutcome outcome, std::string_view limit, std::string_view name);

 private:
  std::string addressOf(const Request& request) const;

  const AuditAddresses addresses_;
  const HmacKey& log_key_;
  const Clock& clock_;
  std::array<LogSummary, kLoginOutcomes> summaries_;
};

}  // namespace sessiond
