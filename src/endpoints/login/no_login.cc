#include "endpoints/login/no_login.h"

#include <utility>

#include "endpoints/media_type.h"
#include "endpoints/plain_answers.h"

namespace sessiond {

Response answerNoLogin(const PageBook& pages, const Request& request) {
  if (!wantsPage(request)) return jsonError(404, "no_login");
  PageValues values;
  values.message("text", "no_login");
  Response page = pages.show(PageName::kStartHere, 404, std::move(values), request);
  if (request.paramOrEmpty("REQUEST_METHOD") == "HEAD") page.body.clear();
  return page;
}

}  // namespace sessiond
