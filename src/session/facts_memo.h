// FactsMemo: facts, by the very text that they were extracted from.
//
// Where there is no in-process cache, every check reads its session from Redis, and nearly always what it read the
// last time. Extracting the same facts from the same text is then the largest part of a check. The memo knows the text
// that facts came from, and gives them for that text alone: it says what a session means, never whether there is one.
// So there is nothing in it to invalidate, and a revoked session is refused by its tombstone before the memo is asked.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "session/cache_limits.h"
#include "session/known_session.h"
#include "session/session_id.h"

namespace sessiond {

/// Thread-safe: sharded by id, each shard with a lock that is held for a look-up. The least recently used go first.
class FactsMemo {
 public:
  explicit FactsMemo(const CacheLimits& limits);
  ~FactsMemo();
  FactsMemo(const FactsMemo&) = delete;
  FactsMemo& operator=(const FactsMemo&) = delete;

  /// The session that was remembered with this id and, byte for byte, this text; none: extract its facts.
  SessionRef find(const SessionId& id, std::string_view stored);
  /// In the place of what was remembered of its id. REQUIRES: it holds the text that it was extracted from.
  void remember(SessionRef session);

  struct Size {
    std::size_t entries = 0;
    std::size_t bytes = 0;
  };
  /// Of all shards.
  Size size() const;

 private:
  struct Entry;
  struct Shard;
  static constexpr std::size_t kShards = 64;

  Shard& shardOf(std::uint64_t hash) const;

  const CacheLimits shard_limits_;
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace sessiond
