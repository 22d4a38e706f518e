#include "endpoints/pages/start_here.h"

#include <string>
#include <utility>

namespace sessiond {

namespace {

struct Start {
  std::string_view text;  ///< a key of the pages' texts
  std::string url;
};

Start startOf(const PageSite& site, StartHere where) {
  switch (where) {
    case StartHere::kLogin:
      return {"log_in", site.login_url};
    case StartHere::kLogout:
      return {"log_out", site.logout_url};
    case StartHere::kSessions:
      break;
  }
  return {"see_sessions", site.sessions_url};
}

}  // namespace

Response startHere(const PageBook& pages, const Request& request, int status, std::string_view message,
                   StartHere where) {
  const Start start = startOf(pages.site(), where);
  PageValues values;
  values.message("text", message).message("start", start.text).text("start_url", start.url);
  return pages.show(PageName::kStartHere, status, std::move(values), request);
}

}  // namespace sessiond
