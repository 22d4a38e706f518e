#include "endpoints/login/login_answers.h"

#include <chrono>
#include <cstdint>
#include <utility>

#include "endpoints/login/failures_note.h"
#include "endpoints/login/login_links.h"
#include "endpoints/login_mark.h"
#include "endpoints/media_type.h"
#include "endpoints/pages/page_endpoint.h"
#include "endpoints/plain_answers.h"
#include "endpoints/session_cookie.h"
#include "http/cookie_header.h"
#include "json/json_text.h"
#include "login/password_hash.h"
#include "login/user_name.h"

namespace sessiond {
namespace {

/// From so many wrong passwords on they are told after the login.
constexpr std::uint64_t kFailuresToTell = 3;

}  // namespace

Response LoginAnswers::welcome(const Request& request, const LoginAttempt& attempt, const UserSession& session,
                               const PasswordEntrance::Receipt& receipt) const {
  const std::string redirect = linkAfterLogin(parts_.settings.login, attempt.rd);
  const bool secure = isSecureFor(request, parts_.settings.cookie.secure);
  const bool form = attempt.format == LoginFormat::kForm;
  Response response(form ? 303 : 200);
  response.add("Cache-Control", "no-store");
  response.add("Set-Cookie", session.session.set_cookie);
  if (form) response.add("Set-Cookie", loginMark(secure));
  response.add("Set-Cookie", receipt.set_cookie);
  const FailureNote& before = receipt.failures;
  const bool tell = before.failures >= kFailuresToTell;
  if (form) {
    // The page that says who is logged in says it, and leads on.
    if (tell) response.add("Set-Cookie", leaveFailures(before, secure));
    response.add("Location", tell ? loginLink(parts_.settings.login, attempt.rd) : redirect);
    return response;
  }
  response.add("Content-Type", "application/json");
  response.body = "{\"user\":" + session.user.json + ",\"redirect\":";
  appendJsonString(response.body, redirect);
  if (tell) {
    response.body += ",\"failed_attempts\":{\"count\":" + std::to_string(before.failures) +
                     ",\"last\":" + std::to_string(before.last.time_since_epoch().count()) + "}";
  }
  response.body += "}\n";
  return response;
}

Response LoginAnswers::refuse(const Request& request, const Refused& refused, std::string_view user,
                              std::string_view rd) const {
  if (refused.outcome == LoginOutcome::kTooManySessions && !isJson(request))
    return parts_.cap.offer(request, refused.user_id, user, loginLink(parts_.settings.login, rd));
  if (refused.outcome == LoginOutcome::kThrottled) return refuseForNow(request, refused, rd);
  return refuseForGood(request, refused.outcome, user, rd);
}

Response LoginAnswers::refuseForNow(const Request& request, const Refused& refused, std::string_view rd) const {
  const auto wait = std::chrono::ceil<std::chrono::seconds>(refused.wait);
  if (!isJson(request)) return tooManyTries(parts_.pages, request, wait, loginLink(parts_.settings.login, rd));
  const LoginRefusal refusal = refusalOf(refused.outcome);
  Response response = jsonError(refusal.status, refusal.error);
  response.add("Retry-After", std::to_string(wait.count()));
  return response;
}

Response LoginAnswers::refuseForGood(const Request& request, LoginOutcome outcome, std::string_view user,
                                     std::string_view rd) const {
  const LoginRefusal refusal = refusalOf(outcome);
  PageValues values;
  // What was not looked at may well have come.
  const bool unseen = outcome == LoginOutcome::kNoCookie && findCookies(request.params, "").too_large;
  values.message("error", unseen ? kTooManyCookies : refusal.message).flag("wrong", refusal.status == 401);
  values.text("n", kRetryAfter);
  values.text("max_user", std::to_string(kMaxUserNameBytes)).text("max_password", std::to_string(kMaxPasswordBytes));
  // Of what is neither a form nor JSON only the client itself can say what it wants.
  const bool unknown_kind = outcome == LoginOutcome::kUnsupportedType && !wantsPage(request);
  Response response = isJson(request) || unknown_kind
                          ? jsonError(refusal.status, refusal.error)
                          : parts_.login_pages.form(request, refusal.status, std::string(rd), user, std::move(values));
  if (refusal.status == 503) response.add("Retry-After", kRetryAfter);
  return response;
}

}  // namespace sessiond
