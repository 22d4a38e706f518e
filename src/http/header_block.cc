#include "http/header_block.h"

#include <algorithm>

#include "base/check.h"
#include "http/token.h"

namespace sessiond {

namespace {

bool endsALine(char c) {
  return c == '\r' || c == '\n' || c == '\0';
}

}  // namespace

bool HeaderBlock::add(std::string_view name, std::string_view value) {
  if (!isToken(name) || std::any_of(value.begin(), value.end(), endsALine)) return false;
  lines_.append(name).append(": ").append(value).append("\r\n");
  return true;
}

void HeaderBlock::appendWithPrefix(HeaderLines other, std::string_view prefix) {
  SESSIOND_CHECK(isToken(prefix));
  std::string_view rest = other.text();
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n') + 1;
    lines_.append(prefix).append(rest.substr(0, end));
    rest.remove_prefix(end);
  }
}

HeaderLines HeaderLines::copiedTo(char* memory) const {
  std::copy(text_.begin(), text_.end(), memory);
  return HeaderLines(std::string_view(memory, text_.size()));
}

}  // namespace sessiond
