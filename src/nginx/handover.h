// Handover: to which program a location hands its requests (proxy_pass and the like), and what it says of the address.
//
//   upstream application { server 127.0.0.1:3000; }
//   location /a/ { proxy_pass http://application/b/; }    to localhost:3000, with /b/ in the place of /a/
//
// A program is known by where it listens, since it can be named in many ways: an upstream is all of its servers, and
// this machine has one name. Which address another name stands for is not looked up.

#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/scope.h"

namespace sessiond::nginx {

/// The directives that hand requests on.
inline constexpr std::array<std::string_view, 5> kPasses = {"proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass",
                                                            "grpc_pass"};

/// The addresses of their servers, by their names in lower case.
using Upstreams = std::map<std::string, std::vector<std::string>, std::less<>>;
Upstreams upstreamsIn(const Scope& main);

/// A plain value; `line` is the configuration's.
struct Handover {
  const Directive* line = nullptr;
  std::string name;                    ///< as it is written there: application, 127.0.0.1:3000
  std::vector<std::string> addresses;  ///< localhost:3000, unix:/run/a.sock
  std::optional<std::string> path;     ///< what takes the place of the address; nothing: it stays
};

/// Those that stand in a location itself, or in an `if` of it. Where a variable names the program, there is none.
std::vector<Handover> handoversOf(const Scope& location, const Upstreams& upstreams);

/// Does one program get both?
bool leadToOne(const Handover& one, const Handover& other);
/// Does a part of it go to another machine?
bool leadsElsewhere(const Handover& handover);

}  // namespace sessiond::nginx
