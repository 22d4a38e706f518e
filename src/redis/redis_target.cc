#include "redis/redis_target.h"

#include <algorithm>
#include <string>
#include <vector>

#include "redis/redis_address.h"

namespace sessiond {
namespace {

std::string joined(std::vector<std::string> nodes) {
  std::ranges::sort(nodes);
  std::string text;
  for (const std::string& node : nodes) text += " " + node;
  return text;
}

}  // namespace

std::string targetOf(const RedisSettings& settings) {
  if (settings.cluster.used()) return "cluster" + joined(settings.cluster.nodes);
  if (settings.sentinel.used()) {
    return "sentinel " + settings.sentinel.master + "/" + std::to_string(settings.sentinel.database) +
           joined(settings.sentinel.nodes);
  }
  const auto address = parseRedisUrl(settings.url);
  if (!address) return settings.url;
  return "server " + address->name() + "/" + std::to_string(address->database);
}

}  // namespace sessiond
