// Media types as a request names them.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "http/request.h"

namespace sessiond {

/// "Application/JSON; charset=utf-8" → "application/json"; what stands behind the first `;` is not looked at.
std::string mediaType(std::string_view content_type);

/// Does the client ask for a page (a browser that navigates), not for data (fetch, curl: */*)?
bool wantsPage(const Request& request);

/// Does it bring a form, as a browser sends one?
bool isForm(const Request& request);

/// The largest body that the login, the logout and the list of sessions take.
inline constexpr std::size_t kMaxFormBytes = 8 * 1024;

}  // namespace sessiond
