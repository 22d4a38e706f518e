// RedisKeys: the name of every key that sessiond reads or writes, but for the applications' cache.
//
//   sess:abc                      a session, where connect-redis keeps it: session.key_prefix and the id
//   sessiond:revoked:{sess:abc}   its tombstone. The rest is sessiond's own, under sessiond.key_prefix
//   sessiond:sessions:{42}        the sessions of the user with this id
//   sessiond:ended                users all of whose sessions were ended lately
//   sessiond:user:ada             a user who may log in
//   sessiond:epoch                how often everybody has been logged out (session/login_epoch.h)
//   sessiond:try:..., places:..., failures:...   what the login counts and remembers of tries (attempt_store.h)
//   sessiond:alive:{s}:...        proofs that invalidations arrive (canaries.h)
//
// A tombstone holds the whole key of its session, so that sites with prefixes of their own never meet, and is in that
// key's slot of a Redis Cluster: what stands between braces, the hash tag, is the session's whole key. Where that key
// has a tag of its own (what is between its first `{` and the next `}`, if that is not empty), the tombstone's first
// braces are the very same ones:
//
//   {app}:abc                     sessiond:revoked:tagged:{app}:abc
//
// Both forms begin differently behind `revoked:`, so no two sessions have one tombstone.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "redis/hash_slot.h"

namespace sessiond {

/// Immutable.
class RedisKeys {
 public:
  /// REQUIRES: there is no brace in `own_prefix`.
  RedisKeys(std::string_view session_prefix, std::string_view own_prefix);

  // What the keys of a kind begin with.
  const std::string& sessions() const { return session_prefix_; }
  const std::string& tombstones() const { return tombstones_; }
  const std::string& indexes() const { return indexes_; }
  const std::string& users() const { return users_; }
  const std::string& canaries() const { return canaries_; }
  /// Those in the slot of this tag. REQUIRES: there is no brace in it.
  std::string canaries(std::string_view tag) const { return own("alive:{") + std::string(tag) + "}:"; }

  // In which slot of a Redis Cluster they are.
  Slot slotOfSession(std::string_view id) const { return session_slots_.slotOf(id); }
  Slot slotOfUser(std::string_view name) const { return user_slots_.slotOf(name); }

  std::string session(std::string_view id) const { return session_prefix_ + std::string(id); }
  std::string tombstone(std::string_view id) const;
  std::string index(std::string_view user_id) const { return indexes_ + "{" + std::string(user_id) + "}"; }
  const std::string& epoch() const { return epoch_; }  ///< one key
  const std::string& ended() const { return ended_; }  ///< one key
  std::string user(std::string_view name) const { return users_ + std::string(name); }
  /// Any other key of sessiond's own.
  std::string own(std::string_view name) const { return own_ + std::string(name); }

  /// A tombstone's key in pieces, for those who send many: before the id, and behind it.
  struct Frame {
    std::string_view before;
    std::string_view behind;
  };
  Frame tombstoneFrame(std::string_view id) const;

  /// Do the session and its tombstone have one slot of a Redis Cluster? Not where there is a `}` in the session's key
  /// and no hash tag.
  bool haveOneSlot(std::string_view id) const {
    return id.find('}') == std::string_view::npos && session_prefix_.find('}') == std::string::npos
               ? true
               : hashSlot(session(id)) == hashSlot(tombstone(id));
  }

  /// The id that this key is the tombstone of; nullopt when it is none of this site's. A view into `key`.
  std::optional<std::string_view> idOfTombstone(std::string_view key) const;

 private:
  const std::string session_prefix_;
  const std::string own_;
  const std::string tombstones_;
  const std::string indexes_;
  const std::string users_;
  const std::string canaries_;
  const std::string epoch_;
  const std::string ended_;
  const std::string untagged_;  ///< of tombstones, up to the id
  const std::string tagged_;    ///< the same where the session's key has a hash tag
  const SlotsBehind session_slots_;
  const SlotsBehind user_slots_;
};

}  // namespace sessiond
