#include "redis/redis_reply.h"

#include <algorithm>
#include <cstddef>

namespace sessiond {

std::string_view fieldOf(const RedisReply& list, std::string_view name) {
  if (list.type != RedisReply::Type::kArray) return {};  // a reply is used again, with what another one left there
  for (std::size_t i = 0; i + 1 < list.elements.size(); i += 2) {
    if (list.elements[i].text == name) return list.elements[i + 1].text;
  }
  return {};
}

std::string_view fieldOf(std::string_view lines, std::string_view name) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':')
      return line.substr(name.size() + 1);
  }
  return {};
}

}  // namespace sessiond
