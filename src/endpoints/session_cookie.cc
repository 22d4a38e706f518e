#include "endpoints/session_cookie.h"

#include <string>
#include <unordered_set>

#include "http/cookie_header.h"
#include "session/configured_cookie.h"

namespace sessiond {

bool isHttps(const Request& request) {
  return request.paramOrEmpty("SESSIOND_SCHEME") == "https";
}

bool isSecureFor(const Request& request, SecureOption option) {
  return isSecure(option, isHttps(request));
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
