// HTML answers of sessiond's own pages, with the headers that keep them from being framed, cached, scripted or
// sniffed.

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http/response.h"

namespace sessiond {

/// What a page's Content-Security-Policy allows; nothing else is. A plain value of views.
struct PagePolicy {
  std::string_view style_hashes;         ///< as PageTemplate gives them
  std::string_view script_hash;          ///< the same
  std::span<const std::string> origins;  ///< where its forms may lead beside this site: Chromium applies form-action
                                         ///< to every redirect that follows a form
  bool own_files = false;                ///< style sheets, pictures and fonts of this site
  bool own_pictures = false;             ///< pictures within the page (data:)
  bool in_the_page = false;              ///< in a <meta>, which browsers take no frame-ancestors from
};
std::string contentSecurityPolicy(const PagePolicy& policy);

/// The page as an answer.
Response htmlPage(int status, std::string html, std::string_view policy);

}  // namespace sessiond
