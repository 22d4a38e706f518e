// login: the page, and what it leads to: a session.
//
//   GET   the form, or, to somebody who is logged in, a page that says so
//   POST  a form: 303 to `rd`, or the page again saying why not; after three wrong passwords or more first to the
//         page that says who is logged in, which tells of them
//         JSON:   200 {"user":{...},"redirect":"/a"}, or {"error":"wrong_credentials"}; after three wrong passwords
//                 or more also "failed_attempts":{"count":3,"last":<ms since 1970>}
//
// A successful login always makes a new session id, and ends the session that the browser had before (so that an id
// planted by somebody else never becomes a login). Its writes are ordered so that a failure leaves nothing half done:
// the session, whose id nobody knows yet, its entry in the index, then the cookie; the old session ends last, and if
// that fails it is logged and the login stands.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/expected.h"
#include "base/interval_gate.h"
#include "base/log_summary.h"
#include "base/metrics.h"
#include "endpoints/csrf.h"
#include "endpoints/login/login_attempt.h"
#include "endpoints/login/login_audit.h"
#include "endpoints/login/login_outcome.h"
#include "endpoints/login/login_query.h"
#include "endpoints/login/password_entrance.h"
#include "endpoints/login/session_cap.h"
#include "endpoints/pages/page_book.h"
#include "endpoints/site_settings.h"
#include "http/handler.h"
#include "http/request.h"
#include "http/response.h"
#include "json/json_pointer.h"
#include "login/user.h"
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
  /// kReturning when a password is to be looked at that comes from a device that the user has logged in with before;
  /// else kPassword.
  Route triage(Exchange& exchange) const;

 private:
  struct Started {
    StartedSession session;
    User user;
    std::string user_id;
    PasswordEntrance::Receipt receipt;
  };
  using Refused = PasswordEntrance::Refused;

  Expected<LoginAttempt, LoginAttemptError> read(const Request& request, std::string_view rd) const;
  std::optional<LoginOutcome> flawOf(const Request& request, const LoginAttempt& wanted) const;
  Expected<Started, Refused> attempt(const Request& request, const LoginAttempt& wanted) const;
  Expected<Started, Refused> startSession(const Request& request, User user, std::string_view name) const;
  Refused unstarted(const NoStart& why, std::string_view name) const;
  void endPrevious(const Request& request) const;
  Response logIn(const Request& request) const;
  std::optional<Response> answerEndForm(const Request& request) const;
  Response welcome(const Request& request, const LoginAttempt& attempt, const Started& started) const;
  Response greet(const Request& request) const;
  std::string_view greetingFor(const Request& request, const LoginQuery& query, CheckStatus session) const;
  void warnOfLostCookie(const Request& request) const;
  Response showLoggedIn(const Request& request, const std::string& name, const LoginQuery& query) const;
  void note(const Request& request, const Refused& refused, std::string_view user) const;
  Response refuse(const Request& request, const Refused& refused, std::string_view user, std::string_view rd) const;
  Response answerRefusal(const Request& request, LoginOutcome outcome, std::string_view user,
                         std::string_view rd) const;
  Response refuseForNow(const Request& request, const Refused& refused, std::string_view rd) const;
  Response showForm(const Request& request, int status, std::string rd, std::string_view user, PageValues values) const;
  std::string address(std::string_view rd, std::string_view more) const;
  std::string target(std::string_view rd) const;
  bool secure(const Request& request) const;

  const LoginParts parts_;
  const JsonPointer user_at_;
  const LoginCounters counters_;
  mutable IntervalGate lost_cookie_log_{std::chrono::minutes(1)};
  mutable LogSummary nobodys_log_;
  mutable LogSummary unstarted_log_;
};

}  // namespace sessiond
