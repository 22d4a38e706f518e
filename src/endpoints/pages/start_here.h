// For people whose request cannot be right (another site's, cut off, of a kind that nobody serves): what happened, that
// nothing was changed, and where to begin instead.

#pragma once

#include <string_view>

#include "endpoints/pages/page_book.h"
#include "http/request.h"
#include "http/response.h"

namespace sessiond {

enum class StartHere { kLogin, kLogout, kSessions };

/// `message` is a key of the pages' texts.
Response startHere(const PageBook& pages, const Request& request, int status, std::string_view message,
                   StartHere where);

}  // namespace sessiond
