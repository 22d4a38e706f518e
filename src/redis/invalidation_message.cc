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
  if (reply.elements.size() != 3 || reply.elements[1].text != kInvalidationChannel) return {};
  if (name == "subscribe") return {.kind = Kind::kSubscribed};
  if (name == "message") return readPayload(reply.elements[2]);
  return {};
}

InvalidationScope::InvalidationScope(RedisKeys keys) : keys_(std::move(keys)) {
  const std::string& sessions = keys_.sessions();
  const std::string& tombstones = keys_.tombstones();
  if (tombstones.starts_with(sessions)) {
    prefixes_ = {sessions};
  } else if (sessions.starts_with(tombstones)) {
    prefixes_ = {tombstones};
  } else {
    prefixes_ = {sessions, tombstones};
  }
}

std::vector<std::string> InvalidationScope::prefixesWith(const std::string& more) const {
  std::vector<std::string> all = prefixes_;
  const auto covers = [&more](const std::string& prefix) { return more.starts_with(prefix); };
  if (std::none_of(all.begin(), all.end(), covers)) all.push_back(more);
  return all;
}

}  // namespace sessiond
