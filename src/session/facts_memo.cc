#include "session/facts_memo.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/keyed_hash.h"
#include "base/lru_table.h"

namespace sessiond {

struct FactsMemo::Entry : LruLinks<Entry> {
  explicit Entry(SessionRef remembered) : session(std::move(remembered)) {}
  std::size_t heapBytes() const { return session->bytes(); }

  SessionRef session;
};

struct alignas(64) FactsMemo::Shard {
  mutable std::mutex mutex;
  LruTable<Entry> entries;  // guarded by mutex; by the id's keyed hash, the later of two ids that share one
};

FactsMemo::FactsMemo(const CacheLimits& limits)
    : shard_limits_{std::max<std::size_t>(1, limits.max_entries / kShards), limits.max_bytes / kShards},
      shards_(std::make_unique<Shard[]>(kShards)) {}

FactsMemo::~FactsMemo() = default;

FactsMemo::Shard& FactsMemo::shardOf(std::uint64_t hash) const {
  // The table inside the shard takes the lower bits.
  return shards_[hash >> 58];
}

SessionRef FactsMemo::find(const SessionId& id, std::string_view stored) {
  const std::uint64_t hash = KeyedHash()(id.bytes());
  SessionRef session;
  {
    Shard& shard = shardOf(hash);
    const std::lock_guard lock(shard.mutex);
    Entry* const entry = shard.entries.find(hash);
    if (entry == nullptr) return {};
    shard.entries.use(*entry);
    session = entry->session;
  }
  if (session->idBytes() != id.bytes() || session->stored() != stored) return {};
  return session;
}

void FactsMemo::remember(SessionRef session) {
  SESSIOND_CHECK(!session->stored().empty());
  const std::uint64_t hash = KeyedHash()(session->idBytes());
  Shard& shard = shardOf(hash);
  const std::lock_guard lock(shard.mutex);
  if (Entry* const entry = shard.entries.find(hash)) shard.entries.remove(*entry);
  shard.entries.add(hash, Entry(std::move(session)));
  shard.entries.evictBeyond(shard_limits_.max_entries, shard_limits_.max_bytes);
}

FactsMemo::Size FactsMemo::size() const {
  Size size;
  for (std::size_t i = 0; i < kShards; ++i) {
    const Shard& shard = shards_[i];
    const std::lock_guard lock(shard.mutex);
    size.entries += shard.entries.size();
    size.bytes += shard.entries.bytes();
  }
  return size;
}

}  // namespace sessiond
