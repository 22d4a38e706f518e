#include "endpoints/login/login_mark.h"

#include <chrono>

#include "http/cookie_header.h"
#include "http/set_cookie.h"

namespace sessiond {
namespace {

/// As long as a browser needs to come back from where the login has led: later there may have been a logout elsewhere.
constexpr std::chrono::seconds kLifetime{15};

SetCookie mark() {
  SetCookie cookie;
  cookie.name = "sessiond_in";
  cookie.same_site = SameSite::kLax;
  return cookie;
}

}  // namespace

std::string loginMark(bool secure) {
  SetCookie cookie = mark();
  cookie.value = "1";
  cookie.max_age = kLifetime;
  cookie.secure = secure;
  return render(cookie);
}

std::string noLoginMark() {
  return render(expired(mark()));
}

bool hasLoginMark(const Request& request) {
  return !findCookies(request.params, mark().name).values.empty();
}

}  // namespace sessiond
