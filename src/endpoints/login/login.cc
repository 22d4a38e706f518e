#include "endpoints/login/login.h"

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "endpoints/cross_site.h"
#include "endpoints/login/login_query.h"
#include "endpoints/media_type.h"
#include "endpoints/own_cookies.h"
#include "endpoints/pages/start_here.h"
#include "endpoints/plain_answers.h"
#include "endpoints/session_cookie.h"
#include "session/configured_cookie.h"

namespace sessiond {
namespace {

/// A larger page is left to those who may wait for whoever reads it.
constexpr std::size_t kMostWrittenOnLane = 12 * 1024;

LoginOutcome outcomeOf(LoginAttemptError error) {
  switch (error) {
    case LoginAttemptError::kUnsupportedType:
      return LoginOutcome::kUnsupportedType;
    case LoginAttemptError::kTooLarge:
      return LoginOutcome::kTooLarge;
    case LoginAttemptError::kMalformed:
      return LoginOutcome::kMalformed;
  }
  return LoginOutcome::kMalformed;
}

}  // namespace

LoginEndpoint::LoginEndpoint(const LoginParts& parts)
    : settings_(parts.settings),
      pages_(parts.pages),
      csrf_(parts.csrf),
      entrance_(parts.entrance),
      audit_(parts.audit),
      counters_(parts.metrics),
      lost_cookie_(parts.clock),
      login_pages_({parts.settings, parts.pages, parts.finder, parts.csrf, lost_cookie_}),
      answers_({parts.settings, parts.pages, login_pages_, parts.cap}),
      end_session_form_(parts.cap, login_pages_, answers_),
      flaws_(parts.settings.cookie, parts.csrf, lost_cookie_),
      sessions_({parts.settings, parts.finder, parts.starter, parts.cap, parts.signer, parts.end, parts.log_key,
                 parts.clock}) {}

Response LoginEndpoint::answer(const Request& request) const {
  const std::string_view method = request.paramOrEmpty("REQUEST_METHOD");
  if (method == "POST") return logIn(request);
  if (method != "GET" && method != "HEAD") {
    if (!wantsPage(request)) return methodNotAllowed("GET, HEAD, POST");
    return allowing(startHere(pages_, request, 405, "wrong_method", StartHere::kLogin), "GET, HEAD, POST");
  }
  Response page = login_pages_.greet(request);
  if (method == "HEAD") page.body.clear();
  return page;
}

Response LoginEndpoint::logIn(const Request& request) const {
  const std::string rd = readLoginQuery(request, settings_.login.url).rd;
  if (isCrossSite(request, settings_.login.allowed_origins)) return refuse(request, {LoginOutcome::kCrossSite}, "", rd);
  if (std::optional<Response> made = end_session_form_.answer(request, rd)) return *std::move(made);
  const Expected<LoginAttempt, LoginAttemptError> wanted = read(request, rd);
  if (!wanted) return refuse(request, {outcomeOf(wanted.error())}, "", rd);
  if (const std::optional<LoginOutcome> flaw = flaws_.of(request, *wanted))
    return refuse(request, {*flaw}, wanted->user, wanted->rd);
  const auto admitted = entrance_.admit(request, wanted->user, wanted->password.reveal());
  if (!admitted) return refuse(request, admitted.error(), wanted->user, wanted->rd);
  const Expected<UserSession, Refused> session = sessions_.start(request, admitted->user, wanted->user);
  if (!session) {
    entrance_.undecided(*admitted);
    return refuse(request, session.error(), wanted->user, wanted->rd);
  }
  audit_.loggedIn(request, session->session.id, wanted->user, session->user_id);
  const PasswordEntrance::Receipt receipt = entrance_.succeeded(request, *admitted);
  const std::vector<CookieAttributes> previous = sessions_.endPrevious(request);
  counters_.count(LoginOutcome::kSuccess);
  Response response = answers_.welcome(request, *wanted, *session, receipt);
  clearOwnCookies(configuredCookie(settings_.cookie, isHttps(request)), previous, response);
  return response;
}

/// With `rd` as where to go afterwards when the body does not say.
Expected<LoginAttempt, LoginAttemptError> LoginEndpoint::read(const Request& request, std::string_view rd) const {
  Expected<LoginAttempt, LoginAttemptError> attempt = readLoginAttempt(request, nameCaseOf(settings_.login));
  if (attempt && attempt->rd.empty()) attempt->rd = rd;
  return attempt;
}

Response LoginEndpoint::refuse(const Request& request, const Refused& refused, std::string_view user,
                               std::string_view rd) const {
  note(request, refused, user);
  return answers_.refuse(request, refused, user, rd);
}

void LoginEndpoint::note(const Request& request, const Refused& refused, std::string_view user) const {
  counters_.count(refused.outcome);
  audit_.refused(request, refused.outcome, refused.limit, user);
}

Response LoginEndpoint::turnAway(const Request& request) const {
  if (request.paramOrEmpty("REQUEST_METHOD") == "POST") note(request, {LoginOutcome::kUnavailable}, "");
  return answers_.refuse(request, {LoginOutcome::kUnavailable}, "", readLoginQuery(request, settings_.login.url).rd);
}

Route LoginEndpoint::triage(Exchange& exchange) const {
  const Request& request = exchange.request;
  // A worker's, with all others that are refused for what they are.
  if (isCrossSite(request, settings_.login.allowed_origins) || mayBeEndSessionForm(request)) return Route::kPassword;
  const Expected<LoginAttempt, LoginAttemptError> wanted =
      read(request, readLoginQuery(request, settings_.login.url).rd);
  if (!wanted) return Route::kPassword;
  const std::optional<std::string> device = entrance_.deviceOf(request, wanted->user);
  if (!device) return Route::kPassword;  // a worker looks at all cookies
  if (wanted->format == LoginFormat::kForm && csrf_.hasMany(request)) return Route::kPassword;  // the same
  // Who is refused for that would not ask the store, and is not to be the one who is let through for it; nor to take a
  // place that is kept for a password that is looked at.
  if (flaws_.of(request, *wanted)) return Route::kPassword;
  const std::optional<Refused> refused = entrance_.refusedLately(request, wanted->user, *device);
  if (!refused) return entrance_.isReturning(request, wanted->user, *device) ? Route::kReturning : Route::kPassword;
  exchange.response = answers_.refuse(request, *refused, wanted->user, wanted->rd);
  if (exchange.response.body.size() > kMostWrittenOnLane) return Route::kPassword;
  note(request, *refused, wanted->user);
  return Route::kAnswered;
}

}  // namespace sessiond
