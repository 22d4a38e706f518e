#include "endpoints/pages/start_here.h"

#include <utility>

namespace sessiond {

namespace {

struct Start {
  std::string_view text;  ///< a key of the pages' texts
  std::string_view url;
};

Start startOf(const PageBook& pages, StartHere where) {
  switch (where) {
    case StartHere::kLogin:
      return {"log_in", pages.loginUrl()};
    case StartHere::kLogout:
      return {"log_out", PageBook::kLogoutUrl};
    case StartHere::kSessions:
      break;
  }
  return {"see_sessions", PageBook::kSessionsUrl};
}

}  // namespace

Response startHere(const PageBook& pages, const Request& request, int status, std::string_view message,
                   StartHere where) {
  const Start start = startOf(pages, where);
  PageValues values;
  values.message("text", message).message("start", start.text).text("start_url", start.url);
  return pages.show(PageName::kStartHere, status, std::move(values), request);
}

}  // namespace sessiond
