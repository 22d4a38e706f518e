#include "endpoints/account/logout_pages.h"

#include <optional>
#include <utility>

#include "endpoints/account/done_note.h"
#include "endpoints/pages/page_endpoint.h"
#include "endpoints/pages/start_here.h"

namespace sessiond {
namespace {

/// What a logout that led here has ended; a key of the pages' texts, or nothing.
std::string_view loggedOutText(std::optional<Done> done) {
  if (done == Done::kHere) return "logged_out_here";
  return done == Done::kEverywhere ? "logged_out_everywhere" : "";
}

}  // namespace

Response LogoutPages::ask(const Request& request) const {
  const Expected<Visitor, CheckStatus> visitor = visitors_.find(request);
  PageValues values;
  // Where not every cookie was looked at, or Redis did not answer, there may be a session.
  const auto may_be_there = [](CheckStatus status) { return status == CheckStatus::kUnavailable || wasCut(status); };
  if (!visitor && !may_be_there(visitor.error())) {
    const std::optional<Done> done = doneIn(request, secure_);
    values.message("good", loggedOutText(done));
    Response page = pages_.show(PageName::kLoggedOut, 200, std::move(values), request);
    if (done) page.add("Set-Cookie", dropDone(request, secure_));
    return page;
  }
  values.text("name", visitor ? visitor->name : "");
  return pages_.show(PageName::kLogout, 200, std::move(values), request);
}

Response LogoutPages::askLater(const Request& request) const {
  return unavailablePage(pages_, request, "logout_unavailable");
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
