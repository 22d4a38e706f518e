// Parser: nginx's own syntax (ngx_conf_file.c), from text to directives. It knows no directive by name, except that
// what stands in a `…_by_lua_block` is no nginx.
//
//   location = /a { return 200 "x\"y"; }   #  name "location", arguments "=", "/a"; in it "return", "200", `x"y`
//
// Quotes count at the beginning of a word only, `#` too; a backslash keeps what follows it from ending a word;
// `${name}` belongs to its word.

#pragma once

#include <string>
#include <string_view>

#include "base/expected.h"
#include "nginx/directive.h"

namespace sessiond::nginx {

/// Deeper than any configuration; a longer nesting is refused instead of exhausting the stack.
inline constexpr int kMaxDepth = 64;

struct SyntaxError {
  Place place;
  std::string message;
};

[[nodiscard]] Expected<Directives, SyntaxError> parse(std::string_view text, const std::string& file);

}  // namespace sessiond::nginx
