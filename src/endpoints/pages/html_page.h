// HTML answers of sessiond's own pages, with the headers that keep them from being framed, cached, scripted or
// sniffed.

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http/response.h"

namespace sessiond {

/// The Content-Security-Policy of a page. Nothing is allowed but its own <style> elements (`style_hashes` as
/// PageTemplate gives them), forms to this site, and redirects of those forms to this site and to `origins`: Chromium
/// applies form-action to every redirect that follows a form. With `own_files` the page may also have style sheets,
/// pictures and fonts from this site.
std::string contentSecurityPolicy(std::string_view style_hashes, std::span<const std::string> origins, bool own_files);

/// The page as an answer.
Response htmlPage(int status, std::string html, std::string_view policy);

}  // namespace sessiond
