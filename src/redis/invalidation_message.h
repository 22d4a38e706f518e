// What comes over a subscription to Redis's invalidations, and what it means.
//
//   message  __redis__:invalidate  [sess:abc, sessiond:revoked:{sess:abc}]   these keys have changed, expired or gone
//   message  __redis__:invalidate  nil                                       all keys have gone (FLUSHALL, FLUSHDB)
//   subscribe __redis__:invalidate 1                                         the subscription stands
//   pong ""                                                                  to a PING: nothing

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redis/redis_keys.h"
#include "redis/redis_reply.h"

namespace sessiond {

inline constexpr std::string_view kInvalidationChannel = "__redis__:invalidate";

/// A plain value.
struct InvalidationMessage {
  enum class Kind {
    kSubscribed,
    kKeys,        ///< `keys` are no longer what they were
    kEverything,  ///< no key is
    kPong,
    kError,     ///< an error reply; `text` says which
    kNonsense,  ///< none of these: some other program answers on this socket
  };

  Kind kind = Kind::kNonsense;
  std::string_view text;
  std::vector<std::string_view> keys;
};

/// Views into `reply`.
InvalidationMessage readInvalidationMessage(const RedisReply& reply);

/// Which session ids are meant: the ids of keys with the session prefix, and of tombstones.
class InvalidationScope {
 public:
  explicit InvalidationScope(RedisKeys keys);

  /// What Redis is asked to tell of, and keys that begin with `more`. Redis refuses prefixes of which one begins
  /// another.
  std::vector<std::string> prefixesWith(const std::string& more) const;
  /// Was everybody logged out?
  bool isEpoch(std::string_view key) const { return key == keys_.epoch(); }
  /// The name of the user whom the key keeps.
  std::optional<std::string_view> userOf(std::string_view key) const {
    return key.starts_with(keys_.users()) ? std::optional(key.substr(keys_.users().size())) : std::nullopt;
  }
  /// Calls `forget` with every session id that `key` may stand for. With a session prefix that the tombstones'
  /// begins with, there are two.
  template <typename Forget>
  void forEachId(std::string_view key, const Forget& forget) const {
    if (key.starts_with(keys_.sessions())) forget(key.substr(keys_.sessions().size()));
    if (const auto id = keys_.idOfTombstone(key)) forget(*id);
  }

 private:
  const RedisKeys keys_;
};

}  // namespace sessiond
