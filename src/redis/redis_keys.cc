#include "redis/redis_keys.h"

#include "base/check.h"

namespace sessiond {
namespace {

/// `first` and `second` are a key in two pieces.
bool hasHashTag(std::string_view first, std::string_view second) {
  if (first.find('{') == std::string_view::npos && second.find('{') == std::string_view::npos) return false;
  const std::string key = std::string(first).append(second);
  return hashedPart(key).size() != key.size();
}

}  // namespace

RedisKeys::RedisKeys(std::string_view session_prefix, std::string_view own_prefix)
    : session_prefix_(session_prefix),
      own_(own_prefix),
      tombstones_(std::string(own_prefix).append("revoked:")),
      indexes_(std::string(own_prefix).append("sessions:")),
      users_(std::string(own_prefix).append("user:")),
      canaries_(std::string(own_prefix).append("alive:{s}:")),
      epoch_(std::string(own_prefix).append("epoch")),
      ended_(std::string(own_prefix).append("ended")),
      untagged_(std::string(tombstones_).append("{").append(session_prefix)),
      tagged_(std::string(tombstones_).append("tagged:").append(session_prefix)),
      session_slots_(session_prefix_),
      user_slots_(users_) {
  SESSIOND_CHECK(own_prefix.find_first_of("{}") == std::string_view::npos);
}

RedisKeys::Frame RedisKeys::tombstoneFrame(std::string_view id) const {
  if (hasHashTag(session_prefix_, id)) return {.before = tagged_, .behind = {}};
  return {.before = untagged_, .behind = "}"};
}

std::string RedisKeys::tombstone(std::string_view id) const {
  const Frame frame = tombstoneFrame(id);
  return std::string(frame.before).append(id).append(frame.behind);
}

std::optional<std::string_view> RedisKeys::idOfTombstone(std::string_view key) const {
  std::string_view id;
  if (key.starts_with(untagged_) && key.ends_with('}')) {
    id = key.substr(untagged_.size(), key.size() - untagged_.size() - 1);
  } else if (key.starts_with(tagged_)) {
    id = key.substr(tagged_.size());
  } else {
    return std::nullopt;
  }
  // Somebody else's key may begin like either form; only one of them is the tombstone's.
  const Frame frame = tombstoneFrame(id);
  const bool whole =
      key.size() == frame.before.size() + id.size() + frame.behind.size() && key.starts_with(frame.before);
  return whole ? std::optional(id) : std::nullopt;
}

}  // namespace sessiond
