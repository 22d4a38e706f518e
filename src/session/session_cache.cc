#include "session/session_cache.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/crypto.h"
#include "base/keyed_hash.h"

namespace sessiond {

namespace {

constexpr SteadyTime kNoDeadline = SteadyTime::max();

std::size_t heapBytes(const std::string& text) {
  constexpr std::size_t kInline = 15;  // libstdc++ keeps shorter strings in the object
  return text.capacity() > kInline ? text.capacity() + 1 : 0;
}

std::size_t bytesOf(const KnownSession& session) {
  return sizeof session + heapBytes(session.id.bytes()) + heapBytes(session.facts.identity.lines()) +
         heapBytes(session.facts.cookie.domain) + heapBytes(session.facts.cookie.path);
}

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

/// One session, or the place-holder of one that is being loaded. A link of its shard's list.
struct SessionCache::Entry {
  // What a look-up reads comes first: most entries are in nobody's processor cache.
  std::uint64_t epoch = 0;
  SteadyTime deadline = kNoDeadline;
  std::shared_ptr<CacheFlight> flight;  ///< set: a place-holder
  std::string cookie;
  FoundSession found;
  std::uint64_t linked_at = 0;  ///< Shard::additions when it was last made the newest
  std::uint64_t hash = 0;       ///< of its id
  Entry* newer = nullptr;
  Entry* older = nullptr;
  std::string own_id;  ///< where `found` has no session that holds the id

  std::string_view id() const { return found.session ? std::string_view(found.session->id.bytes()) : own_id; }
  std::size_t bytes() const {
    constexpr std::size_t kTableNode = 56;  // the hash table's node and bucket, the allocator's headers
    return sizeof *this + kTableNode + heapBytes(cookie) + heapBytes(own_id) +
           (found.session ? bytesOf(*found.session) : 0);
  }
};

struct alignas(64) SessionCache::Shard {
  mutable std::mutex mutex;
  // All guarded by mutex.
  // By the id's keyed hash alone, which is 64 bits wide: a look-up goes to no other entry's memory to compare ids.
  // Should two ids ever share a hash, the later one takes the earlier one's place.
  std::unordered_map<std::uint64_t, std::unique_ptr<Entry>> entries;
  Entry* newest = nullptr;
  Entry* oldest = nullptr;
  std::size_t bytes = 0;
  std::uint64_t additions = 0;
  std::uint64_t evictions = 0;

  void link(Entry& entry) {
    entry.linked_at = additions;
    entry.newer = nullptr;
    entry.older = newest;
    (newest != nullptr ? newest->newer : oldest) = &entry;
    newest = &entry;
  }
  void unlink(Entry& entry) {
    (entry.newer != nullptr ? entry.newer->older : newest) = entry.older;
    (entry.older != nullptr ? entry.older->newer : oldest) = entry.newer;
  }
  /// Makes it the newest, but only when so many have been added since it was that its place matters: moving it
  /// touches three other entries, which are in nobody's processor cache.
  void use(Entry& entry) {
    constexpr std::uint64_t kPart = 8;
    if ((additions - entry.linked_at) * kPart < entries.size()) return;
    unlink(entry);
    link(entry);
  }
  void add(std::unique_ptr<Entry> entry) {
    ++additions;
    link(*entry);
    bytes += entry->bytes();
    const std::uint64_t hash = entry->hash;
    entries.emplace(hash, std::move(entry));
  }
  void remove(Entry& entry) {
    unlink(entry);
    bytes -= entry.bytes();
    entries.erase(entries.find(entry.hash));
  }
  /// Its id may be another one with the same hash.
  Entry* find(std::uint64_t hash) {
    const auto entry = entries.find(hash);
    return entry == entries.end() ? nullptr : entry->second.get();
  }
  void evictBeyond(const CacheLimits& limits) {
    while (oldest != nullptr && (entries.size() > limits.max_entries || bytes > limits.max_bytes)) {
      remove(*oldest);
      ++evictions;
    }
  }
};

SessionCache::SessionCache(const CacheLimits& limits, const CacheTrust& trust)
    : trust_(trust),
      shard_limits_{std::max<std::size_t>(1, limits.max_entries / kShards), limits.max_bytes / kShards},
      shards_(std::make_unique<Shard[]>(kShards)) {}

SessionCache::~SessionCache() = default;

SessionCache::Shard& SessionCache::shardOf(std::uint64_t hash) const {
  // The table inside the shard divides the hash by a prime; the upper bits choose the shard.
  return shards_[hash >> 58];
}

std::optional<FoundSession> SessionCache::find(std::string_view cookie, SteadyTime now) {
  const std::string_view id = plainIdOf(cookie);
  if (id.empty() || !trust_.holds(now)) return std::nullopt;
  const std::uint64_t epoch = trust_.epoch();
  const std::uint64_t hash = KeyedHash()(id);
  Shard& shard = shardOf(hash);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = shard.find(hash);
  if (entry == nullptr || entry->flight || entry->epoch != epoch || entry->deadline <= now) return std::nullopt;
  if (!constantTimeEqual(entry->cookie, cookie)) return std::nullopt;
  shard.use(*entry);
  return entry->found;
}

SessionCache::Start SessionCache::start(const SessionId& id, SteadyTime now) {
  if (!trust_.holds(now)) return {};
  const std::uint64_t epoch = trust_.epoch();
  const std::uint64_t hash = KeyedHash()(id.bytes());
  Shard& shard = shardOf(hash);
  const std::lock_guard lock(shard.mutex);
  if (Entry* const entry = shard.find(hash)) {
    const bool current = entry->epoch == epoch && entry->id() == id.bytes();
    if (current && entry->flight) return {.found = {}, .flight = entry->flight, .lead = false};
    if (current && entry->deadline > now) {
      shard.use(*entry);
      return {.found = entry->found, .flight = nullptr, .lead = false};
    }
    shard.remove(*entry);
  }
  auto entry = std::make_unique<Entry>();
  entry->hash = hash;
  entry->epoch = epoch;
  entry->flight = std::make_shared<CacheFlight>(epoch);
  entry->own_id = id.bytes();
  std::shared_ptr<CacheFlight> flight = entry->flight;
  shard.add(std::move(entry));
  shard.evictBeyond(shard_limits_);
  return {.found = {}, .flight = std::move(flight), .lead = true};
}

void SessionCache::finish(const SessionId& id, const std::shared_ptr<CacheFlight>& flight, const FoundSession& found,
                          std::string_view cookie, SteadyTime started) {
  const std::uint64_t hash = KeyedHash()(id.bytes());
  Shard& shard = shardOf(hash);
  bool current = false;
  {
    const std::lock_guard lock(shard.mutex);
    Entry* const placeholder = shard.find(hash);
    if (placeholder != nullptr && placeholder->flight == flight) {
      shard.remove(*placeholder);
      current = flight->epoch() == trust_.epoch();
      if (current && found.presence != Presence::kUnavailable) {
        auto entry = std::make_unique<Entry>();
        entry->hash = hash;
        entry->epoch = flight->epoch();
        entry->found = found;
        entry->cookie = cookie;
        if (found.ttl) entry->deadline = started + *found.ttl;
        if (!found.session) entry->own_id = id.bytes();
        shard.add(std::move(entry));
        shard.evictBeyond(shard_limits_);
      }
    }
  }
  flight->land(found, current);
}

void SessionCache::invalidate(std::string_view id) {
  const std::uint64_t hash = KeyedHash()(id);
  Shard& shard = shardOf(hash);
  const std::lock_guard lock(shard.mutex);
  if (Entry* const entry = shard.find(hash)) shard.remove(*entry);
}

void SessionCache::invalidateAll() {
  for (std::size_t i = 0; i < kShards; ++i) {
    Shard& shard = shards_[i];
    const std::lock_guard lock(shard.mutex);
    shard.entries.clear();
    shard.newest = shard.oldest = nullptr;
    shard.bytes = 0;
  }
}

SessionCache::Size SessionCache::size() const {
  Size size;
  for (std::size_t i = 0; i < kShards; ++i) {
    const Shard& shard = shards_[i];
    const std::lock_guard lock(shard.mutex);
    size.entries += shard.entries.size();
    size.bytes += shard.bytes;
    size.evictions += shard.evictions;
  }
  return size;
}

}  // namespace sessiond
