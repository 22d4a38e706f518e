#include "redis/invalidation_message.h"

#include <algorithm>
#include <string>
#include <utility>

namespace sessiond {

namespace {

using Kind = InvalidationMessage::Kind;
using Type = RedisReply::Type;

InvalidationMessage readPayload(const RedisReply& payload) {
  if (payload.type == Type::kNil) return {.kind = Kind::kEverything};
  if (payload.type != Type::kArray) return {};
  InvalidationMessage message{.kind = Kind::kKeys};
  message.keys.reserve(payload.elements.size());
  for (const RedisReply& key : payload.elements) message.keys.emplace_back(key.text);
  return message;
}

}  // namespace

InvalidationMessage readInvalidationMessage(const RedisReply& reply) {
  if (reply.type == Type::kError) return {.kind = Kind::kError, .text = reply.text};
  if (reply.type != Type::kArray || reply.elements.size() < 2) return {};
  const std::string& name = reply.elements[0].text;
  if (name == "pong") return {.kind = Kind::kPong};
  if (reply.elements.size() != 3 || reply.elements[1].text != kInvalidationChannel) return {};
  if (name == "subscribe") return {.kind = Kind::kSubscribed};
  if (name == "message") return readPayload(reply.elements[2]);
  return {};
}

InvalidationScope::InvalidationScope(RedisKeys keys) : keys_(std::move(keys)) {}

std::vector<std::string> InvalidationScope::prefixesWith(const std::string& more) const {
  std::vector<std::string> all = {keys_.sessions(), keys_.tombstones(), keys_.users(), keys_.epoch(), more};
  // One that begins another comes before it.
  std::ranges::sort(all);
  std::vector<std::string> shortest;
  for (std::string& prefix : all) {
    if (shortest.empty() || !prefix.starts_with(shortest.back())) shortest.push_back(std::move(prefix));
  }
  return shortest;
}

}  // namespace sessiond
