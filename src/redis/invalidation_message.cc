#include "redis/invalidation_message.h"

#include <algorithm>
#include <utility>

#include "redis/session_reading.h"

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

InvalidationScope::InvalidationScope(std::string key_prefix)
    : key_prefix_(std::move(key_prefix)), tombstone_prefix_(kTombstonePrefix) {
  if (tombstone_prefix_.starts_with(key_prefix_)) {
    prefixes_ = {key_prefix_};
  } else if (key_prefix_.starts_with(tombstone_prefix_)) {
    prefixes_ = {tombstone_prefix_};
  } else {
    prefixes_ = {key_prefix_, tombstone_prefix_};
  }
}

std::vector<std::string> InvalidationScope::prefixesWith(const std::string& more) const {
  std::vector<std::string> all = prefixes_;
  const auto covers = [&more](const std::string& prefix) { return more.starts_with(prefix); };
  if (std::none_of(all.begin(), all.end(), covers)) all.push_back(more);
  return all;
}

}  // namespace sessiond
