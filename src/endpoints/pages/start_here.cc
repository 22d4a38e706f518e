#include "endpoints/pages/start_here.h"

#include <utility>

namespace sessiond {

Response startHere(const PageBook& pages, const Request& request, int status, std::string_view message,
                   StartHere where) {
  const bool login = where == StartHere::kLogin;
  PageValues values;
  values.message("text", message)
      .message("start", login ? "log_in" : "log_out")
      .text("start_url", login ? pages.site().login_url : pages.site().logout_url);
  return pages.show(PageName::kStartHere, status, std::move(values), request);
}

}  // namespace sessiond
