// Directive: one directive of an nginx configuration, as it stands in a file: `proxy_pass http://a;` or a block.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sessiond::nginx {

struct Place {
  std::string file;
  int line = 0;
};

/// A plain value. Names and arguments are without quotes and escapes; variables stand in them as they were written.
struct Directive {
  std::string name;
  std::vector<std::string> arguments;
  Place place;
  /// What stands between its braces; nullopt when it ends with a semicolon.
  std::optional<std::vector<Directive>> block = {};

  /// "" where there are fewer.
  std::string_view argument(std::size_t index) const {
    return index < arguments.size() ? std::string_view(arguments[index]) : std::string_view();
  }
};

using Directives = std::vector<Directive>;

}  // namespace sessiond::nginx
