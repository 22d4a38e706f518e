// The login's address where no login is set up: 404.

#pragma once

#include "endpoints/pages/page_book.h"
#include "http/request.h"
#include "http/response.h"

namespace sessiond {

Response answerNoLogin(const PageBook& pages, const Request& request);

}  // namespace sessiond
