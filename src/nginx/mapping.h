// Mapping: what a regular expression makes of the addresses that it captures, in a rewrite or in the path of a
// location.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sessiond::nginx {

/// Addresses that begin with `from` reach an application, or a folder, with `to` in its place.
struct Mapping {
  std::string from;
  std::string to;
};

/// `^/a/(.*)$` and `/b/$1`: from /a/ to /b/, as `^/a(/.*)$` and `/b$1`, or `^/a/?(.*)$`. Nothing: it is another form,
/// or does not take everything that begins so.
std::optional<Mapping> mappingBy(std::string_view regex, std::string_view target);

}  // namespace sessiond::nginx
