// ClientValues: the variables of a server whose value the client chooses.
//
//   $http_x_user_id $arg_user $cookie_user $args $uri $remote_user   nginx's own
//   $1, and $user of `location ~ ^/(?<user>[^/]+)`                   what a regular expression finds in an address
//   $user of `set $user $arg_user;`                                  what is made of those
//   $user of `map $http_x_user $user { ~^(.+)$ $1; }`                by a map: one of texts alone is the site's word
//
// Not among them: addresses of machines, what an answer said ($upstream_http_…), and sessiond's own, which are looked
// at where somebody sets them.

#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "nginx/scope.h"

namespace sessiond::nginx {

/// Immutable once made; needs the scopes no longer then.
class ClientValues {
 public:
  ClientValues(const Scope& main, const Scope& server);

  /// The first such variable in a text, as $name in lower case; "" without one.
  std::string in(std::string_view text) const;

 private:
  bool isClients(std::string_view name) const;
  void addFrom(const Scope& scope);
  void addMap(const Directive& map);
  void addCaptures(std::string_view regex);
  void add(std::string_view name);

  /// Those that are not nginx's own, in lower case.
  std::set<std::string, std::less<>> made_;
};

}  // namespace sessiond::nginx
