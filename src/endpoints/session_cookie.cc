#include "endpoints/session_cookie.h"

#include <algorithm>

#include "http/cookie_header.h"

namespace sessiond {
namespace {

SameSite sameSiteOf(SameSiteOption option) {
  switch (option) {
    case SameSiteOption::kUnset:
      return SameSite::kUnset;
    case SameSiteOption::kLax:
      return SameSite::kLax;
    case SameSiteOption::kStrict:
      return SameSite::kStrict;
    case SameSiteOption::kNone:
      return SameSite::kNone;
  }
  return SameSite::kUnset;
}

CookiePriority priorityOf(PriorityOption option) {
  switch (option) {
    case PriorityOption::kUnset:
      return CookiePriority::kUnset;
    case PriorityOption::kLow:
      return CookiePriority::kLow;
    case PriorityOption::kMedium:
      return CookiePriority::kMedium;
    case PriorityOption::kHigh:
      return CookiePriority::kHigh;
  }
  return CookiePriority::kUnset;
}

}  // namespace

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

SetCookie configuredCookie(const CookieConfig& config, bool https) {
  SetCookie cookie;
  cookie.name = config.name;
  cookie.domain = config.domain;
  cookie.path = config.path;
  cookie.http_only = config.http_only;
  cookie.secure = isSecure(config.secure, https);
  cookie.partitioned = config.partitioned;
  cookie.same_site = sameSiteOf(config.same_site);
  cookie.priority = priorityOf(config.priority);
  return cookie;
}

NewSessionCookie rememberedCookie(const SetCookie& cookie, const CookieConfig& config) {
  NewSessionCookie remembered;
  if (config.max_age) remembered.original_max_age = *config.max_age;
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

std::chrono::seconds newSessionLifetime(const Config& config) {
  return config.cookie.max_age.value_or(config.session.idle_timeout);
}

std::vector<SessionId> verifiedSessions(const Request& request, const std::string& cookie_name,
                                        const CookieSigner& signer) {
  std::vector<SessionId> ids;
  const CookieValues values = findCookies(request.params, cookie_name);
  for (std::size_t i = 0; i < values.count; ++i) {
    const auto verified = signer.verify(values.values[i]);
    if (verified && std::find(ids.begin(), ids.end(), (*verified).id) == ids.end()) ids.push_back((*verified).id);
  }
  return ids;
}

}  // namespace sessiond
