// The origin that a request was sent to, by nginx's word (SESSIOND_SCHEME, SESSIOND_HOST).

#pragma once

#include <optional>
#include <string>

#include "http/request.h"

namespace sessiond {

/// In canonical form (http/origin.h); nullopt: what nginx says is no origin.
std::optional<std::string> ownOrigin(const Request& request);

}  // namespace sessiond
