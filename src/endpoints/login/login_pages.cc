#include "endpoints/login/login_pages.h"

#include <optional>
#include <utility>

#include "endpoints/login/failures_note.h"
#include "endpoints/login/login_links.h"
#include "endpoints/login_mark.h"
#include "endpoints/session_cookie.h"
#include "http/cookie_header.h"
#include "http/safe_redirect.h"
#include "login/user_name.h"

namespace sessiond {
namespace {

/// Was there a session behind the browser's cookie, that is there no longer?
bool hasEnded(CheckStatus session) {
  return session == CheckStatus::kUnknown || session == CheckStatus::kExpired || session == CheckStatus::kRevoked ||
         session == CheckStatus::kCorrupt;
}

}  // namespace

LoginPages::LoginPages(const Parts& parts) : parts_(parts), visitors_(parts.finder, parts.settings.session) {}

Response LoginPages::greet(const Request& request) const {
  const LoginQuery query = readLoginQuery(request, parts_.settings.login.url);
  std::optional<Visitor> visitor;
  CheckStatus session = CheckStatus::kMissing;
  if (!query.switches) {
    Expected<Visitor, CheckStatus> found = visitors_.find(request);
    session = found ? CheckStatus::kValid : found.error();
    if (found) visitor = *std::move(found);
  }
  if (visitor && !query.stale) return loggedIn(request, visitor->name, query);
  const std::string_view greeting = greetingFor(request, query, session);
  PageValues values;
  values.message(greeting == "not_kept" || greeting == kTooManyCookies ? "error" : "info", greeting);
  // A password again, not the name.
  Response page = form(request, 200, query.rd, visitor ? visitor->login : "", std::move(values));
  const bool secure = isSecureFor(request, parts_.settings.cookie.secure);
  if (hasLoginMark(request, secure)) page.add("Set-Cookie", noLoginMark(secure));
  return page;
}

/// What there is to say above an empty form; a key of the pages' texts, or nothing.
std::string_view LoginPages::greetingFor(const Request& request, const LoginQuery& query, CheckStatus session) const {
  if (query.lost) return "lost";
  // The address alone can be anybody's invention.
  if (query.stale && session == CheckStatus::kValid) return "stale";
  // The next login would be as lost among them as the one before.
  if (wasCut(session)) return kTooManyCookies;
  if (hasEnded(session)) return "logged_out_here";
  if (!hasLoginMark(request, isSecureFor(request, parts_.settings.cookie.secure)) ||
      !findCookies(request.params, parts_.settings.cookie.name).values.empty())
    return "";
  parts_.lost_cookie.warn(request);
  return "not_kept";
}

Response LoginPages::loggedIn(const Request& request, const std::string& name, const LoginQuery& query) const {
  const LoginSettings& login = parts_.settings.login;
  const bool secure = isSecureFor(request, parts_.settings.cookie.secure);
  PageValues values;
  values.text("name", name).text("continue", linkAfterLogin(login, query.rd));
  values.text("switch_url", loginLink(login, query.rd, "switch=1"));
  // What another site has the browser send comes without a cookie that is Lax, and this question comes with it.
  if (query.lost) values.message("info", "lost_here");
  const std::optional<FailureNote> failures = failuresIn(request, secure);
  if (failures) {
    values.message("info", "failures_before").text("n", std::to_string(failures->failures));
    values.time("time", failures->last);
  }
  Response page = parts_.pages.show(PageName::kLoggedIn, 200, std::move(values), request);
  if (hasLoginMark(request, secure)) page.add("Set-Cookie", noLoginMark(secure));
  if (failures) page.add("Set-Cookie", dropFailures(secure));
  return page;
}

Response LoginPages::form(const Request& request, int status, std::string rd, std::string_view user,
                          PageValues values) const {
  const CsrfGuard::Ticket ticket = parts_.csrf.issue(request);
  if (!isSafeRedirect(rd, parts_.settings.login.allowed_origins)) rd.clear();
  // In the address, so that it stays there when the form comes back with an error, and the page can be loaded anew.
  values.text("csrf", ticket.token).text("rd", rd).text("action", loginLink(parts_.settings.login, rd));
  values.text("user", isValidUserName(user) ? user : "");
  Response page = parts_.pages.show(PageName::kLogin, status, std::move(values), request);
  if (ticket.set_cookie) page.add("Set-Cookie", *ticket.set_cookie);
  return page;
}

}  // namespace sessiond
