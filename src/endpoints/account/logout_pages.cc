#include "endpoints/account/logout_pages.h"

#include <optional>
#include <utility>

#include "endpoints/pages/start_here.h"
#include "endpoints/plain_answers.h"
#include "endpoints/visitor.h"
#include "http/form.h"

namespace sessiond {
namespace {

/// What a logout that led here has ended; a key of the pages' texts, or nothing.
std::string_view endedBy(const Request& request) {
  const std::optional<FormFields> fields = parseForm(request.paramOrEmpty("QUERY_STRING"));
  const auto done = fields ? formField(*fields, "done") : std::nullopt;
  if (done == "1") return "logged_out_here";
  return done == "all" ? "logged_out_everywhere" : "";
}

}  // namespace

std::string LogoutPages::loggedOutAddress(bool everywhere) const {
  return pages_.site().logout_url + (everywhere ? "?done=all" : "?done=1");
}

Response LogoutPages::ask(const Request& request) const {
  const Expected<Visitor, CheckStatus> visitor = findVisitor(finder_, request, user_at_);
  PageValues values;
  // Where not every cookie was looked at, or Redis did not answer, there may be a session.
  const auto may_be_there = [](CheckStatus status) {
    return status == CheckStatus::kUnavailable || status == CheckStatus::kTooMany || status == CheckStatus::kTooLarge;
  };
  if (!visitor && !may_be_there(visitor.error())) {
    values.message("good", endedBy(request));
    return pages_.show(PageName::kLoggedOut, 200, std::move(values), request);
  }
  values.text("name", visitor ? visitor->name : "");
  return pages_.show(PageName::kLogout, 200, std::move(values), request);
}

Response LogoutPages::askLater(const Request& request) const {
  PageValues values;
  values.message("text", "logout_unavailable").text("n", kRetryAfter);
  Response response = pages_.show(PageName::kUnavailable, 503, std::move(values), request);
  response.add("Retry-After", kRetryAfter);
  return response;
}

Response LogoutPages::unavailable(const Request& request, std::string_view message, bool all,
                                  std::string_view rd) const {
  PageValues values;
  values.message("text", message).text("n", kRetryAfter).flag("again").flag("all", all).text("rd", rd);
  return pages_.show(PageName::kUnavailable, 503, std::move(values), request);
}

Response LogoutPages::refuse(const Request& request, int status, std::string_view message) const {
  return startHere(pages_, request, status, message, StartHere::kLogout);
}

}  // namespace sessiond
