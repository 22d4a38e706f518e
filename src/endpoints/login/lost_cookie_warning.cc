#include "endpoints/login/lost_cookie_warning.h"

#include "base/log.h"

namespace sessiond {

void LostCookieWarning::warn(const Request& request) const {
  if (!lines_.pass(clock_.steadyNow())) return;
  logWarn(
      "login: a browser did not keep a cookie that it was given a moment ago; does cookie.domain fit this site, and is "
      "cookie.secure not `always` over plain http?",
      {{"host", request.paramOrEmpty("SESSIOND_HOST")}, {"scheme", request.paramOrEmpty("SESSIOND_SCHEME")}});
}

}  // namespace sessiond
