// The page that asks whether to log out: what a GET of the logout address shows, because a GET changes nothing.

#pragma once

#include <span>
#include <string>

#include "http/response.h"

namespace sessiond {

/// The page as a complete answer. Its form goes to the address it was shown at, query included (`rd`, `all`);
/// `origins` are those that a logout may lead to.
Response logoutPage(std::span<const std::string> origins);

}  // namespace sessiond
