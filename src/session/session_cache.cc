#include "session/session_cache.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/crypto.h"
#include "base/keyed_hash.h"
#include "base/lru_table.h"
#include "session/login_epoch.h"

namespace sessiond {

namespace {

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

/// By the hash, so that sessions that were loaded together are not loaded together again.
std::chrono::milliseconds greatestAgeOf(std::uint64_t hash) {
  constexpr std::uint64_t kQuarter = SessionCache::kGreatestAge.count() / 4;
  return SessionCache::kGreatestAge - std::chrono::milliseconds((hash >> 32) % kQuarter);
}

}  // namespace

/// One session, or the absence of one, for which a known session stands that has nothing but id and cookie. A cache
/// line.
struct alignas(64) SessionCache::Entry : LruLinks<Entry> {
  SessionRef session;
  SteadyTime sent;  ///< when it was asked for
  SteadyTime time;  ///< while fresh: when the key ends; else when it was last told of
  CacheTrust::Era era = 0;
  std::optional<CheckStatus> absence = CheckStatus::kUnavailable;
  bool fresh : 1 = false;
  bool used : 1 = false;  ///< found since it was loaded
  bool wary : 1 = false;
  bool told_of : 1 = false;  ///< since it was loaded

  std::size_t heapBytes() const { return session->bytes(); }
  const KnownSession* companion() const { return &*session; }
  /// REQUIRES: it is fresh.
  FoundSession found() const {
    if (absence) return {.absence = absence};
    return {.absence = {}, .session = session, .ends = time};
  }
  void invalidate(SteadyTime now) {
    if (fresh) wary = !used;
    told_of = true;
    fresh = false;
    time = now;
  }
};

struct alignas(64) SessionCache::Shard {
  mutable std::mutex mutex;
  // Guarded by mutex. By the id's keyed hash alone, which is 64 bits wide: a look-up goes to no other entry's memory
  // to compare ids. Should two ids ever share a hash, the later one takes the earlier one's place.
  LruTable<Entry, KnownSession> entries;
  Use use;
};

SessionCache::SessionCache(const CacheLimits& limits, const CacheTrust* trust, const TrustRealms* realms)
    : trust_(trust),
      realms_(realms),
      shard_limits_{std::max<std::size_t>(1, limits.max_entries / kShards), limits.max_bytes / kShards},
      shards_(std::make_unique<Shard[]>(kShards)) {
  static_assert(sizeof(Entry) == 64);
}

SessionCache::~SessionCache() = default;

SessionCache::Shard& SessionCache::shardOf(std::uint64_t hash) const {
  // The table inside the shard takes the lower bits.
  return shards_[hash >> 58];
}

bool SessionCache::isFresh(const Entry& entry, SteadyTime now) const {
  return entry.fresh && entry.time > now && now - entry.sent < greatestAgeOf(entry.hash) && believes(entry.era, now) &&
         userIsSame(*entry.session) && (realms_ == nullptr || isBelievedInAllRealms(*entry.session, now));
}

bool SessionCache::isBelievedInAllRealms(const KnownSession& session, SteadyTime now) const {
  const bool has_user = session.facts().keeper == UserKeeper::kStore;
  if (has_user && !believes(session.userEra(), now)) return false;
  return session.facts().epoch == LoginEpoch::kNone || realms_->knowsEverybody(now);
}

std::uint32_t SessionCache::userChanges(const KnownSession& session) const {
  if (session.facts().keeper != UserKeeper::kStore) return 0;
  return user_stripes_[KeyedHash()(session.login()) % kStripes].load(std::memory_order_acquire);
}

bool SessionCache::userIsSame(const KnownSession& session) const {
  return session.userChanges() == userChanges(session);
}

void SessionCache::invalidateUser(std::string_view login) {
  user_stripes_[KeyedHash()(login) % kStripes].fetch_add(1, std::memory_order_acq_rel);
}

void SessionCache::forget(const SessionId& id) {
  const std::uint64_t hash = KeyedHash()(id.bytes());
  Shard& shard = shardOf(hash);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = shard.entries.find(hash);
  if (entry != nullptr && entry->session->idBytes() == id.bytes()) shard.entries.remove(*entry);
}

std::optional<FoundSession> SessionCache::use(Shard& shard, Entry* entry, SteadyTime now) {
  if (!isFresh(*entry, now)) return std::nullopt;
  entry->used = true;
  ++shard.use.found;
  shard.entries.use(*entry);
  return entry->found();
}

void SessionCache::expect(std::string_view cookie) const {
  const std::string_view id = plainIdOf(cookie);
  if (id.empty()) return;
  const std::uint64_t hash = KeyedHash()(id);
  shardOf(hash).entries.prefetch(hash);
}

SessionCache::Recognized SessionCache::recognize(std::string_view cookie, SteadyTime now) {
  const std::string_view id = plainIdOf(cookie);
  if (id.empty()) return {};
  const std::uint64_t hash = KeyedHash()(id);
  Shard& shard = shardOf(hash);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = shard.entries.find(hash);
  if (entry == nullptr) return {};
  if (!constantTimeEqual(entry->session->cookie(), cookie)) return {};
  if (std::optional<FoundSession> found = use(shard, entry, now)) return {.found = std::move(found)};
  return {.known = entry->session};
}

std::optional<FoundSession> SessionCache::find(const SessionId& id, SteadyTime now) {
  const std::uint64_t hash = KeyedHash()(id.bytes());
  Shard& shard = shardOf(hash);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = shard.entries.find(hash);
  if (entry == nullptr || entry->session->idBytes() != id.bytes()) return std::nullopt;
  return use(shard, entry, now);
}

SessionCache::Note SessionCache::note(const SessionId& id, SteadyTime now) const {
  const std::uint64_t hash = KeyedHash()(id.bytes());
  const CacheTrust* const trust = realms_ == nullptr ? trust_ : realms_->ofSession(id.bytes());
  Note note{.sent = now,
            .era = trust == nullptr ? 0 : trust->era(),
            .invalidations = stripeOf(hash).load(std::memory_order_acquire),
            .wants_ttl = trust != nullptr && trust->holds(now)};
  Shard& shard = shardOf(hash);
  const std::lock_guard lock(shard.mutex);
  const Entry* const entry = shard.entries.find(hash);
  if (entry == nullptr || entry->session->idBytes() != id.bytes()) {
    ++shard.use.absent;
    return note;
  }
  noteKnown(note, entry->session);
  ++(entry->told_of ? shard.use.spoilt : shard.use.absent);
  if (!entry->fresh && entry->wary && now - entry->time < maxStaleness()) note.wants_ttl = false;
  return note;
}

void SessionCache::noteKnown(Note& note, SessionRef known) const {
  note.known = std::move(known);
  note.user_changes = userChanges(*note.known);
  if (realms_ == nullptr || note.known->facts().keeper != UserKeeper::kStore) return;
  const CacheTrust* const trust = realms_->ofUser(note.known->login());
  note.user_era = trust == nullptr ? 0 : trust->era();
}

/// Has nothing been told since that could make the answer out of date?
bool SessionCache::stands(std::uint64_t hash, const Note& note) const {
  const CacheTrust* const trust = trustAt(note.era);
  return trust != nullptr && note.era == trust->era() &&
         note.invalidations == stripeOf(hash).load(std::memory_order_acquire);
}

bool SessionCache::mayJoin(const SessionId& id, const Note& note, SteadyTime now) const {
  const CacheTrust* const trust = trustAt(note.era);
  return trust != nullptr && trust->holds(now) && now - note.sent <= maxStaleness() &&
         stands(KeyedHash()(id.bytes()), note);
}

void SessionCache::keep(const SessionId& id, const Note& note, const FoundSession& found, std::string_view cookie,
                        bool tracked, SteadyTime now) {
  if (found.absence == CheckStatus::kUnavailable) return;
  SESSIOND_CHECK(found.absence || found.session);
  Entry entry;
  entry.session = found.session ? found.session : KnownSession::make(id, SessionFacts(), cookie);
  entry.sent = note.sent;
  entry.era = note.era;
  entry.absence = found.absence;
  const std::uint64_t hash = KeyedHash()(id.bytes());
  Shard& shard = shardOf(hash);
  const std::lock_guard lock(shard.mutex);
  Entry* const before = shard.entries.find(hash);
  if (before != nullptr && before->sent > note.sent) return;
  entry.session->noteUserChanges(note.user_changes);
  entry.session->noteUserEra(note.user_era);
  const bool same = before != nullptr && before->session->idBytes() == id.bytes();
  const bool asked = found.ends || found.absence;
  const bool stands_still = stands(hash, note);
  // A slot on its way to another server may get a key there, of which nobody tells here.
  const bool may_be_fresh = realms_ == nullptr || found.absence != CheckStatus::kUnknown;
  entry.fresh = asked && tracked && stands_still && may_be_fresh && believes(note.era, now);
  if (entry.fresh) {
    entry.time = found.ends.value_or(SteadyTime::max());
  } else {
    entry.time = same && !before->fresh ? before->time : note.sent;
    entry.wary = asked ? !stands_still : same && before->wary;
    if (!stands_still) entry.time = now;
  }
  if (before != nullptr) {
    shard.entries.replace(*before, std::move(entry));
  } else {
    shard.entries.add(hash, std::move(entry));
  }
  shard.entries.evictBeyond(shard_limits_.max_entries, shard_limits_.max_bytes);
}

void SessionCache::expectTouch(const SessionId& id) {
  const std::uint64_t hash = KeyedHash()(id.bytes());
  Shard& shard = shardOf(hash);
  const std::lock_guard lock(shard.mutex);
  if (Entry* const entry = shard.entries.find(hash)) entry->used = true;
}

void SessionCache::invalidate(std::string_view id, SteadyTime now) {
  const std::uint64_t hash = KeyedHash()(id);
  stripes_[hash % kStripes].fetch_add(1, std::memory_order_acq_rel);
  Shard& shard = shardOf(hash);
  const std::lock_guard lock(shard.mutex);
  ++shard.use.told;
  Entry* const entry = shard.entries.find(hash);
  if (entry == nullptr) return;
  if (entry->fresh && !entry->used) ++shard.use.unused;
  entry->invalidate(now);
}

std::vector<SessionRef> SessionCache::allOf(const std::set<std::string, std::less<>>& user_ids) const {
  std::vector<SessionRef> all;
  for (std::size_t i = 0; i < kShards; ++i) {
    const std::lock_guard lock(shards_[i].mutex);
    shards_[i].entries.forEach([&](const Entry& entry) {
      const std::string_view user_id = entry.session->userId();
      if (!user_id.empty() && user_ids.contains(user_id)) all.push_back(entry.session);
    });
  }
  return all;
}

SessionCache::Size SessionCache::size() const {
  Size size;
  for (std::size_t i = 0; i < kShards; ++i) {
    const Shard& shard = shards_[i];
    const std::lock_guard lock(shard.mutex);
    size.entries += shard.entries.size();
    size.bytes += shard.entries.bytes();
    size.evictions += shard.entries.evictions();
    size.use.told += shard.use.told;
    size.use.unused += shard.use.unused;
    size.use.found += shard.use.found;
    size.use.spoilt += shard.use.spoilt;
    size.use.absent += shard.use.absent;
  }
  return size;
}

}  // namespace sessiond
