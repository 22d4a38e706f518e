#include "endpoints/login/login_mark.h"

#include "endpoints/short_cookie.h"

namespace sessiond {
namespace {

ShortCookie mark() {
  return ShortCookie("sessiond_in");
}

}  // namespace

std::string loginMark(bool secure) {
  return mark().set("1", secure);
}

std::string noLoginMark() {
  return mark().drop();
}

bool hasLoginMark(const Request& request) {
  return mark().read(request).has_value();
}

}  // namespace sessiond
