#include "session/session_cache.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/crypto.h"
#include "base/heap_bytes.h"
#include "base/keyed_hash.h"
#include "base/lru_table.h"

namespace sessiond {

namespace {

constexpr SteadyTime kNoDeadline = SteadyTime::max();

/// The id in a signed cookie value, if it stands there as it is: "s%3A<id>.<signature>" or "s:<id>.<signature>".
/// Empty when it does not; such a value is verified the long way.
std::string_view plainIdOf(std::string_view cookie) {
  std::size_t begin = 0;
  if (cookie.starts_with("s%3A")) {
    begin = 4;
  } else if (cookie.starts_with("s:")) {
    begin = 2;
  } else {
    return {};
  }
  const std::string_view rest = cookie.substr(begin);
  const void* const dot = ::memrchr(rest.data(), '.', rest.size());
  if (dot == nullptr) return {};
  const std::string_view id = rest.substr(0, static_cast<std::size_t>(static_cast<const char*>(dot) - rest.data()));
  return id.find('%') == std::string_view::npos ? id : std::string_view();
}

}  // namespace

/// What is kept where there is no session: that it is certain that there is none, or that one is being loaded.
struct SessionCache::Absence {
  std::string id;
  std::string cookie;
  Presence presence = Presence::kUnavailable;
  std::shared_ptr<CacheFlight> flight;  ///< set: a place-holder

  std::size_t bytes() const {
    constexpr std::size_t kCounts = 16;  // make_shared's
    return heapBytes(sizeof *this) + heapBytes(id) + heapBytes(cookie) +
           (flight ? heapBytes(sizeof *flight + kCounts) : 0);
  }
};

/// One session, or the absence of one. A cache line.
struct alignas(64) SessionCache::Entry : LruLinks<Entry> {
  SteadyTime deadline = kNoDeadline;
  std::uint64_t epoch = 0;
  SessionRef session;
  std::unique_ptr<Absence> absence;  ///< where there is no session

  /// A place-holder.
  Entry(const SessionId& id, const std::shared_ptr<CacheFlight>& flight)
      : absence(std::make_unique<Absence>(Absence{.id = id.bytes(), .cookie = {}, .flight = flight})) {}
  Entry(const SessionId& id, const FoundSession& found, std::string_view cookie) {
    if (found.presence == Presence::kPresent) {
      SESSIOND_CHECK(found.session);
      session = found.session;
    } else {
      absence = std::make_unique<Absence>(
          Absence{.id = id.bytes(), .cookie = std::string(cookie), .presence = found.presence, .flight = nullptr});
    }
  }

  std::string_view id() const { return session ? session->idBytes() : absence->id; }
  std::string_view cookie() const { return session ? session->cookie() : absence->cookie; }
  CacheFlight* flight() const { return session ? nullptr : absence->flight.get(); }
  FoundSession found() const {
    if (session) return {.presence = Presence::kPresent, .session = session};
    return {.presence = absence->presence};
  }
  std::size_t heapBytes() const { return session ? session->bytes() : absence->bytes(); }
};

struct alignas(64) SessionCache::Shard {
  mutable std::mutex mutex;
  // Guarded by mutex. By the id's keyed hash alone, which is 64 bits wide: a look-up goes to no other entry's memory
  // to compare ids. Should two ids ever share a hash, the later one takes the earlier one's place.
  LruTable<Entry> entries;

  void add(std::uint64_t hash, Entry entry, const CacheLimits& limits) {
    entries.add(hash, std::move(entry));
    entries.evictBeyond(limits.max_entries, limits.max_bytes);
  }
};

SessionCache::SessionCache(const CacheLimits& limits, const CacheTrust& trust)
    : trust_(trust),
      shard_limits_{std::max<std::size_t>(1, limits.max_entries / kShards), limits.max_bytes / kShards},
      shards_(std::make_unique<Shard[]>(kShards)) {}

SessionCache::~SessionCache() = default;

SessionCache::Shard& SessionCache::shardOf(std::uint64_t hash) const {
  // The table inside the shard takes the lower bits.
  return shards_[hash >> 58];
}

std::optional<FoundSession> SessionCache::find(std::string_view cookie, SteadyTime now) {
  const std::string_view id = plainIdOf(cookie);
  if (id.empty() || !trust_.holds(now)) return std::nullopt;
  const std::uint64_t epoch = trust_.epoch();
  const std::uint64_t hash = KeyedHash()(id);
  Shard& shard = shardOf(hash);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = shard.entries.find(hash);
  if (entry == nullptr) return std::nullopt;
  if (entry->session) entry->session->prefetch();
  if (entry->flight() != nullptr || entry->epoch != epoch || entry->deadline <= now) return std::nullopt;
  if (!constantTimeEqual(entry->cookie(), cookie)) return std::nullopt;
  shard.entries.use(*entry);
  return entry->found();
}

SessionCache::Start SessionCache::start(const SessionId& id, SteadyTime now) {
  if (!trust_.holds(now)) return {};
  const std::uint64_t epoch = trust_.epoch();
  const std::uint64_t hash = KeyedHash()(id.bytes());
  Shard& shard = shardOf(hash);
  const std::lock_guard lock(shard.mutex);
  if (Entry* const entry = shard.entries.find(hash)) {
    const bool current = entry->epoch == epoch && entry->id() == id.bytes();
    if (current && entry->flight() != nullptr) return {.found = {}, .flight = entry->absence->flight, .lead = false};
    if (current && entry->deadline > now) {
      shard.entries.use(*entry);
      return {.found = entry->found(), .flight = nullptr, .lead = false};
    }
    shard.entries.remove(*entry);
  }
  auto flight = std::make_shared<CacheFlight>(epoch);
  Entry placeholder(id, flight);
  placeholder.epoch = epoch;
  shard.add(hash, std::move(placeholder), shard_limits_);
  return {.found = {}, .flight = std::move(flight), .lead = true};
}

void SessionCache::finish(const SessionId& id, const std::shared_ptr<CacheFlight>& flight, const FoundSession& found,
                          std::string_view cookie, SteadyTime started) {
  const std::uint64_t hash = KeyedHash()(id.bytes());
  Shard& shard = shardOf(hash);
  bool current = false;
  {
    const std::lock_guard lock(shard.mutex);
    Entry* const placeholder = shard.entries.find(hash);
    if (placeholder != nullptr && placeholder->flight() == flight.get()) {
      shard.entries.remove(*placeholder);
      current = flight->epoch() == trust_.epoch();
      if (current && found.presence != Presence::kUnavailable) {
        Entry entry(id, found, cookie);
        entry.epoch = flight->epoch();
        if (found.ttl) entry.deadline = started + *found.ttl;
        shard.add(hash, std::move(entry), shard_limits_);
      }
    }
  }
  flight->land(found, current);
}

void SessionCache::invalidate(std::string_view id) {
  const std::uint64_t hash = KeyedHash()(id);
  Shard& shard = shardOf(hash);
  const std::lock_guard lock(shard.mutex);
  if (Entry* const entry = shard.entries.find(hash)) shard.entries.remove(*entry);
}

void SessionCache::invalidateAll() {
  for (std::size_t i = 0; i < kShards; ++i) {
    Shard& shard = shards_[i];
    const std::lock_guard lock(shard.mutex);
    shard.entries.clear();
  }
}

SessionCache::Size SessionCache::size() const {
  Size size;
  for (std::size_t i = 0; i < kShards; ++i) {
    const Shard& shard = shards_[i];
    const std::lock_guard lock(shard.mutex);
    size.entries += shard.entries.size();
    size.bytes += shard.entries.bytes();
    size.evictions += shard.entries.evictions();
  }
  return size;
}

}  // namespace sessiond
