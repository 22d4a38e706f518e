// Destination: an address that nginx leads a request to by itself (rewrite, try_files, error_page), and the locations
// that it may then take. A variable in such an address may be anything.
//
//   /index.php?a, /index.php$is_args$args    the one address, a query left out
//   /app$uri                                 whatever begins with /app

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nginx/scope.h"

namespace sessiond::nginx {

/// A plain value.
struct Destination {
  std::string text;      ///< also @app, or what is no address: =404
  bool is_whole = true;  ///< not only its beginning

  static Destination by(std::string_view written);
};

/// The locations of a server that may be taken, in nginx's order: of regexes those that may match, and only where nginx
/// asks them, then the prefix; or the exact or the named one alone. None: the server itself, or its beginning is not
/// known either, or it is no address.
std::vector<const Scope*> locationsFor(const Scope& server, const Destination& to);

/// The likeliest of them: the first, but a prefix where no more than the beginning is known. The server, where none
/// takes it.
const Scope& takenFor(const Scope& server, const Destination& to);

/// Where a request of the location may be led, by its own try_files and by the error pages in force.
std::vector<Destination> destinationsOf(const Scope& location);

/// The same without error pages that say what is wrong (early_answer.h): what may answer for the location.
std::vector<Destination> answersOf(const Scope& location);

/// The locations of the site that it may end in by that.
/// REQUIRES: a location in a server.
std::vector<const Scope*> redirectsOf(const Scope& location);

}  // namespace sessiond::nginx
