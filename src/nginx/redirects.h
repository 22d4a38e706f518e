// Where nginx goes on by itself with a request that a location has taken, and for an address of its own: what try_files
// and error_page lead to. A variable in such an address may be anything.

#pragma once

#include <string_view>
#include <vector>

#include "nginx/scope.h"

namespace sessiond::nginx {

/// The locations of a server that may be taken for an address of `try_files`, `error_page` and the like: /index.php?a,
/// /app$uri, @app. Of regular expressions those that may match it; none for a code (=404).
std::vector<const Scope*> locationsFor(const Scope& server, std::string_view address);

/// Those of the site that a request of the location may end in, by its own try_files and by the error pages in force.
/// REQUIRES: a location in a server.
std::vector<const Scope*> redirectsOf(const Scope& location);

}  // namespace sessiond::nginx
