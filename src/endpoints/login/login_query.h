// LoginQuery: what the address of the login page says, and what the browser says of the page it comes from.
//
//   /login?rd=%2Fa&why=stale     a page that wants a recent login led here
//   /login?rd=%2Fsave&lost=1     a form was sent with a session that had ended; what was in it is gone
//   /login?rd=%2Fa&switch=1      somebody who is logged in wants to be somebody else
//
// What was sent by POST must not be asked for by GET afterwards. So after `lost` the way leads back to the form's own
// page, which the browser names as Referer, and never to `rd`.

#pragma once

#include <string>

#include "http/request.h"

namespace sessiond {

struct LoginQuery {
  std::string rd;  ///< where to go afterwards; not looked at yet (safe_redirect.h)
  bool stale = false;
  bool lost = false;
  bool switches = false;
};

/// What cannot be read counts as not there. `login_url` is no page to go back to.
LoginQuery readLoginQuery(const Request& request, const std::string& login_url);

}  // namespace sessiond
