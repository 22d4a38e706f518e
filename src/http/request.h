// Request: the parameters and body of one FastCGI request, as views into the FastCGI room's buffers.
//
// Parameters are what nginx sends (`fastcgi_param`). Nothing that is trusted comes in a name beginning with
// HTTP_, because those are the client's own headers. Names may come more than once (nginx before 1.23
// sends each Cookie header by itself), so the list is kept in order and never made a map.

#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace sessiond {

struct Param {
  std::string_view name;
  std::string_view value;
};

/// How the web server asks (FastCGI specification §6): for a response, or for leave to go on.
enum class Role { kResponder, kAuthorizer };

/// Of an address its path, as it was sent: what it asks for, without what may be a secret (a token in a query).
std::string_view pathOf(std::string_view uri);

/// A plain value. Everything it points to lives until the response has been written.
struct Request {
  Role role = Role::kResponder;
  std::span<const Param> params;
  std::string_view body;

  /// The first parameter of that name; nullopt when there is none. Linear: a check has about ten parameters.
  std::optional<std::string_view> param(std::string_view name) const;
  /// The same, with "" for "not there".
  std::string_view paramOrEmpty(std::string_view name) const { return param(name).value_or(std::string_view()); }
};

}  // namespace sessiond
