#include "endpoints/auth/login_address.h"

#include "base/encoding.h"
#include "http/safe_redirect.h"

namespace sessiond {

std::string loginAddress(const std::string& login_url, std::string_view uri) {
  if (uri.empty() || uri.size() > kMaxRedirectBytes) return login_url;
  const std::string encoded = percentEncode(uri);
  return encoded.size() > kMaxRedirectBytes ? login_url : login_url + "?rd=" + encoded;
}

}  // namespace sessiond
