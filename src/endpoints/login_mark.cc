#include "endpoints/login_mark.h"

#include <chrono>

#include "endpoints/short_cookie.h"

namespace sessiond {
namespace {

/// As long as a browser needs to come back from where the login has led: later there may have been a logout elsewhere.
constexpr std::chrono::seconds kLifetime{15};

ShortCookie mark(bool secure) {
  return ShortCookie("sessiond_in", secure, kLifetime);
}

}  // namespace

std::string loginMark(bool secure) {
  return mark(secure).set("1");
}

std::string noLoginMark(bool secure) {
  return mark(secure).drop();
}

bool hasLoginMark(const Request& request, bool secure) {
  return mark(secure).read(request).has_value();
}

}  // namespace sessiond
