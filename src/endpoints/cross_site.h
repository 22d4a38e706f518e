// Was a POST made by a page of another site? A browser says so in Origin and Sec-Fetch-Site, which no page can forge.
//
// Refused: an Origin that is neither the site's own (SESSIOND_SCHEME://SESSIOND_HOST) nor listed in
// login.allowed_origins; Sec-Fetch-Site that says cross-site or same-site, unless Origin is listed.
// Neither header: allowed, because then it is no browser, or one so old that only the CSRF token and SameSite help.
//
// `Origin: null` by itself is refused: sandboxed frames of any site send it. But a browser also sends it with a site's
// own form when the page came with `Referrer-Policy: no-referrer`, which many sites say for every page (Fetch standard,
// "append a request Origin header"). There Sec-Fetch-Site, which no page can set either, says same-origin and decides.

#pragma once

#include <span>
#include <string>

#include "http/request.h"

namespace sessiond {

/// `allowed_origins` are in canonical form (http/origin.h). Every HTTP_ORIGIN and HTTP_SEC_FETCH_SITE parameter counts;
/// empty ones are what nginx sends for a header that is not there.
bool isCrossSite(const Request& request, std::span<const std::string> allowed_origins);

}  // namespace sessiond
