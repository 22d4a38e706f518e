// login: the page, and what it leads to: a session.
//
//   GET   the form, or, to somebody who is logged in, a page that says so
//   POST  a form: 303 to `rd`, or the page again saying why not; after three wrong passwords or more first to the
//         page that says who is logged in, which tells of them
//         JSON:   200 {"user":{...},"redirect":"/a"}, or {"error":"wrong_credentials"}; after three wrong passwords
//                 or more also "failed_attempts":{"count":3,"last":<ms since 1970>}
//
// A successful login always makes a new session id, and ends the session that the browser had before (so that an id
// planted by somebody else never becomes a login). user_sessions.h says in which order.

#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/expected.h"
#include "base/metrics.h"
#include "endpoints/csrf.h"
#include "endpoints/login/end_session_form.h"
#include "endpoints/login/login_answers.h"
#include "endpoints/login/login_attempt.h"
#include "endpoints/login/login_audit.h"
#include "endpoints/login/login_flaws.h"
#include "endpoints/login/login_outcome.h"
#include "endpoints/login/login_pages.h"
#include "endpoints/login/lost_cookie_warning.h"
#include "endpoints/login/password_entrance.h"
#include "endpoints/login/session_cap.h"
#include "endpoints/login/user_sessions.h"
#include "endpoints/pages/page_book.h"
#include "endpoints/site_settings.h"
#include "http/handler.h"
#include "http/request.h"
#include "http/response.h"
#include "session/session_finder.h"
#include "session/session_id.h"
#include "session/session_starter.h"
#include "session/signed_cookie.h"

namespace sessiond {

/// What a login works with; all outlive the endpoint.
struct LoginParts {
  const SiteSettings& settings;
  const PageBook& pages;
  const SessionFinder& finder;
  const CsrfGuard& csrf;
  const CookieSigner& signer;
  /// Ends sessions, now or as soon as that can be; `why` is a word of the audit log, for good.
  std::function<void(const std::vector<SessionId>& ids, std::string_view why)> end;
  const SessionStarter& starter;
  const SessionCap& cap;
  const PasswordEntrance& entrance;
  LoginAudit& audit;
  const HmacKey& log_key;
  const Clock& clock;
  MetricsRegistry& metrics;
};

/// Thread-safe. Takes as long as a password hash: on a worker.
class LoginEndpoint {
 public:
  explicit LoginEndpoint(const LoginParts& parts);

  Response answer(const Request& request) const;
  /// For when more log in than there is time for: the form once more, with the reason. Never waits.
  Response turnAway(const Request& request) const;
  /// Of a POST, without waiting: kAnswered, with what answer() would say, when whoever tries was refused a moment ago;
  /// kReturning when a password is to be looked at that comes from a device or network the user has logged in from
  /// before; else kPassword.
  Route triage(Exchange& exchange) const;

 private:
  using Refused = PasswordEntrance::Refused;

  Response logIn(const Request& request) const;
  Expected<LoginAttempt, LoginAttemptError> read(const Request& request, std::string_view rd) const;
  Response refuse(const Request& request, const Refused& refused, std::string_view user, std::string_view rd) const;
  void note(const Request& request, const Refused& refused, std::string_view user) const;

  const SiteSettings& settings_;
  const PageBook& pages_;
  const CsrfGuard& csrf_;
  const PasswordEntrance& entrance_;
  LoginAudit& audit_;
  const LoginCounters counters_;
  const LostCookieWarning lost_cookie_;
  const LoginPages login_pages_;
  const LoginAnswers answers_;
  const EndSessionForm end_session_form_;
  const LoginFlaws flaws_;
  const UserSessions sessions_;
};

}  // namespace sessiond
