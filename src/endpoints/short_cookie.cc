#include "endpoints/short_cookie.h"

#include "http/cookie_header.h"
#include "http/set_cookie.h"

namespace sessiond {
namespace {

SetCookie cookieOf(const std::string& name, bool secure) {
  SetCookie cookie;
  cookie.name = name;
  cookie.secure = secure;
  cookie.same_site = SameSite::kLax;
  return cookie;
}

}  // namespace

ShortCookie::ShortCookie(std::string_view name, bool secure, std::chrono::seconds lifetime)
    : name_(hostCookieName(name, secure)), secure_(secure), lifetime_(lifetime) {}

std::string ShortCookie::set(std::string_view value) const {
  SetCookie cookie = cookieOf(name_, secure_);
  cookie.value = value;
  cookie.max_age = lifetime_;
  return render(cookie);
}

std::string ShortCookie::drop() const {
  return render(expired(cookieOf(name_, secure_)));
}

std::optional<std::string_view> ShortCookie::read(const Request& request) const {
  const CookieValues cookies = findCookies(request.params, name_);
  if (cookies.values.empty()) return std::nullopt;
  return cookies.values.front();
}

}  // namespace sessiond
