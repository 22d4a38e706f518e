// login: the page, and what it leads to: a session.
//
//   GET   the page
//   POST  a form: 303 to `rd`, or the page again saying why not
//         JSON:   200 {"user":{...},"redirect":"/a"}, or {"error":"wrong_credentials"}; after three wrong passwords
//                 or more also "failed_attempts":{"count":3,"last":<ms since 1970>}
//
// A successful login always makes a new session id, and ends the session that the browser had before (so that an id
// planted by somebody else never becomes a login). Its writes are ordered so that a failure leaves nothing half done:
// the index entry first (harmless alone), the session, then the cookie; the old session ends last, and if that fails
// it is logged and the login stands.

#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/expected.h"
#include "base/log.h"
#include "base/log_summary.h"
#include "base/metrics.h"
#include "endpoints/account/session_ender.h"
#include "endpoints/csrf.h"
#include "endpoints/login/login_attempt.h"
#include "endpoints/login/login_outcome.h"
#include "endpoints/login/login_page.h"
#include "endpoints/site_settings.h"
#include "http/request.h"
#include "http/response.h"
#include "login/authenticator.h"
#include "login/device_cookie.h"
#include "login/login_gate.h"
#include "session/session_store.h"
#include "session/signed_cookie.h"

namespace sessiond {

/// What a login works with; all outlive the endpoint.
struct LoginParts {
  const SiteSettings& settings;
  const LoginPage& page;
  const CsrfGuard& csrf;
  const CookieSigner& signer;
  const SessionEnder& ender;
  SessionStore& store;
  UserSessionIndex& index;
  Authenticator& authenticator;
  LoginGate& gate;
  const DeviceCookies& devices;
  AuditAddresses audit_addresses;
  const HmacKey& log_key;
  const Clock& clock;
  MetricsRegistry& metrics;
};

/// Thread-safe. Takes as long as a password hash: on a worker.
class LoginEndpoint {
 public:
  explicit LoginEndpoint(const LoginParts& parts);

  Response answer(const Request& request) const;

 private:
  /// A session that stands in the store.
  struct Started {
    SessionId id;
    User user;
    std::string set_cookie;
    std::string set_device_cookie = {};
    FailureNote failures = {};  ///< before this login
  };

  struct Refused {
    LoginOutcome outcome;
    std::chrono::milliseconds wait{0};  ///< for kThrottled
    std::string_view limit = {};        ///< for kThrottled: whose it was
  };

  Expected<Started, Refused> attempt(const Request& request, const LoginAttempt& wanted) const;
  Expected<LoginGate::Pass, Refused> enterGate(const Request& request, const LoginAttempt& wanted,
                                               const std::optional<std::string>& device) const;
  Expected<User, LoginOutcome> authenticate(const LoginAttempt& wanted, const LoginGate::Pass& pass) const;
  std::optional<std::string> deviceOf(const Request& request, std::string_view user) const;
  std::string deviceCookie(const Request& request, std::string_view user,
                           const std::optional<std::string>& device) const;
  Expected<Started, LoginOutcome> startSession(const Request& request, User user) const;
  void endPrevious(const Request& request) const;
  Response logIn(const Request& request) const;
  Response welcome(const LoginAttempt& attempt, const Started& started) const;
  Response refuse(const Request& request, const Refused& refused, std::string_view user, std::string_view rd) const;
  void logRefusal(const Request& request, const Refused& refused, std::string_view user) const;
  Response showPage(const Request& request, int status, LoginPage::Values values) const;
  std::string target(std::string_view rd) const;

  const LoginParts parts_;
  const LoginCounters counters_;
  mutable std::array<LogSummary, kLoginOutcomes> summaries_;
};

}  // namespace sessiond
