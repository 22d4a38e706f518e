#include "endpoints/login/login_links.h"

#include "base/encoding.h"
#include "http/safe_redirect.h"

namespace sessiond {

std::string loginLink(const LoginSettings& login, std::string_view rd, std::string_view more) {
  std::string link = login.url;
  if (!more.empty()) link.append("?").append(more);
  if (isSafeRedirect(rd, login.allowed_origins))
    link.append(more.empty() ? "?" : "&").append("rd=").append(percentEncode(rd));
  return link;
}

std::string linkAfterLogin(const LoginSettings& login, std::string_view rd) {
  return safeRedirectOr(rd, login.allowed_origins, login.default_redirect);
}

}  // namespace sessiond
