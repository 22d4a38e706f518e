// Where a refused check sends whoever may log in.

#pragma once

#include <string>
#include <string_view>

namespace sessiond {

/// Where to log in (login.url), and to come back from (`uri`). Encoded, the address to come back to is at most what
/// login takes: so it fits into nginx's buffers, into the login's own address and into its form. Without it, login
/// leads to its default page.
std::string loginAddress(const std::string& login_url, std::string_view uri);

}  // namespace sessiond
