#include "endpoints/session_cookie.h"

#include <string>
#include <unordered_set>

#include "http/cookie_header.h"

namespace sessiond {
bool isHttps(const Request& request) {
  return request.paramOrEmpty("SESSIOND_SCHEME") == "https";
}

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

NewSessionCookie rememberedCookie(const SetCookie& cookie, const CookieSettings& settings) {
  NewSessionCookie remembered;
  if (settings.max_age) remembered.original_max_age = *settings.max_age;
  remembered.expires = cookie.expires;
  remembered.http_only = cookie.http_only;
  remembered.path = cookie.path;
  remembered.domain = cookie.domain;
  remembered.secure = cookie.secure;
  remembered.same_site = cookie.same_site;
  remembered.partitioned = cookie.partitioned;
  remembered.priority = cookie.priority;
  return remembered;
}

std::chrono::seconds newSessionLifetime(const SiteSettings& settings) {
  return settings.cookie.max_age.value_or(settings.session.idle_timeout);
}

std::vector<SessionId> verifiedSessions(const Request& request, const std::string& cookie_name,
                                        const CookieSigner& signer) {
  std::vector<SessionId> ids;
  std::unordered_set<std::string> seen;
  for (const std::string_view value : findAllCookies(request.params, cookie_name)) {
    const auto verified = signer.verify(value);
    if (verified && seen.insert((*verified).id.bytes()).second) ids.push_back((*verified).id);
  }
  return ids;
}

}  // namespace sessiond
