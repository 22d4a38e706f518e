#include "endpoints/short_cookie.h"

#include <chrono>

#include "http/cookie_header.h"
#include "http/set_cookie.h"

namespace sessiond {
namespace {

constexpr std::chrono::seconds kLifetime{60};

SetCookie cookieOf(const std::string& name, bool secure) {
  SetCookie cookie;
  cookie.name = name;
  cookie.secure = secure;
  cookie.same_site = SameSite::kLax;
  return cookie;
}

}  // namespace

std::string ShortCookie::set(std::string_view value, bool secure) const {
  SetCookie cookie = cookieOf(name_, secure);
  cookie.value = value;
  cookie.max_age = kLifetime;
  return render(cookie);
}

std::string ShortCookie::drop(bool secure) const {
  return render(expired(cookieOf(name_, secure)));
}

std::optional<std::string_view> ShortCookie::read(const Request& request) const {
  const CookieValues cookies = findCookies(request.params, name_);
  if (cookies.values.empty()) return std::nullopt;
  return cookies.values.front();
}

}  // namespace sessiond
