#include "session/configured_cookie.h"

namespace sessiond {

bool isSecure(SecureOption option, bool https) {
  switch (option) {
    case SecureOption::kAuto:
      return https;
    case SecureOption::kAlways:
      return true;
    case SecureOption::kNever:
      return false;
  }
  return true;
}

SetCookie configuredCookie(const CookieSettings& settings, bool https) {
  SetCookie cookie;
  cookie.name = settings.name;
  cookie.domain = settings.domain;
  cookie.path = settings.path;
  cookie.http_only = settings.http_only;
  cookie.secure = isSecure(settings.secure, https);
  cookie.partitioned = settings.partitioned;
  cookie.same_site = settings.same_site;
  cookie.priority = settings.priority;
  return cookie;
}

}  // namespace sessiond
