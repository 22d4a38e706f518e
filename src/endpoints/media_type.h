// Media types as a request names them.

#pragma once

#include <string>
#include <string_view>

namespace sessiond {

/// "Application/JSON; charset=utf-8" → "application/json"; what stands behind the first `;` is not looked at.
std::string mediaType(std::string_view content_type);

/// Does the client ask for a page (a browser that navigates), not for data (fetch, curl: */*)?
bool wantsPage(std::string_view accept);

}  // namespace sessiond
