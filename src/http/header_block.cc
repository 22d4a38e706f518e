#include "http/header_block.h"

#include "base/check.h"
#include "http/token.h"

namespace sessiond {

bool HeaderBlock::add(std::string_view name, std::string_view value) {
  if (!isToken(name) || value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) return false;
  lines_.append(name).append(": ").append(value).append("\r\n");
  return true;
}

HeaderBlock HeaderBlock::withPrefix(std::string_view prefix) const {
  SESSIOND_CHECK(isToken(prefix));
  HeaderBlock prefixed;
  std::string_view rest = lines_;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n') + 1;
    prefixed.lines_.append(prefix).append(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  return prefixed;
}

}  // namespace sessiond
