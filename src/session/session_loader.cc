#include "session/session_loader.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/keyed_hash.h"

namespace sessiond {
namespace {

/// How long after a touch failed it is tried again.
constexpr std::chrono::seconds kLateInterval{1};
/// How soon it is seen that what waits behind a batch need not, since its servers are others by now.
constexpr std::chrono::milliseconds kLookInterval{20};

}  // namespace

SessionLoader::SessionLoader(const Parts& parts, LaneStore& store, EventLoop& loop, Client& client)
    : parts_(parts), store_(store), loop_(loop), client_(client) {}

SessionLoader::~SessionLoader() {
  loop_.forget(*this);
}

void SessionLoader::want(SessionWant& want) {
  const std::uint64_t hash = KeyedHash()(want.id->bytes());
  if (join(gathering_, hash, want, false)) return parts_.metrics.joined.add();
  for (PendingBatch& pending : pending_.all()) {
    if (pending.under_way && join(pending.asked, hash, want, true)) return parts_.metrics.joined.add();
  }
  parts_.metrics.misses.add();
  const LaneStore::Group group = store_.groupOf(SessionLoad{.id = want.id});
  watch(want.arrived);
  flushSoon(group, want.arrived);
  gathering_.add({.hash = hash, .group = group, .note = {}, .wants = {&want}, .id = {}});  // last: all may throw
}

void SessionLoader::want(TouchWant& want) {
  watch(want.arrived);
  flushSoon(store_.groupOf(want.id), want.arrived);
  touches_.push_back(&want);
}

void SessionLoader::flushSoon(LaneStore::Group group, SteadyTime now) {
  const bool waits_behind = pending_.any(group);
  if (waits_behind && !store_.hasGroups()) return;
  const SteadyTime::duration gather = pending_.any() ? SteadyTime::duration(0) : SteadyTime::duration(kGatherTime);
  flush_at_ = std::min(flush_at_, now + (waits_behind ? SteadyTime::duration(kLookInterval) : gather));
  waitForTime();
}

bool SessionLoader::join(AskedSessions& asked, std::uint64_t hash, SessionWant& want, bool sent) {
  AskedSession* const one = asked.find(hash, want.id->bytes());
  if (one == nullptr) return false;
  if (sent && !parts_.cache.mayJoin(*want.id, one->note, parts_.clock.steadyNow())) return false;
  one->wants.push_back(&want);
  return true;
}

void SessionLoader::flush() {
  if (flushing_) return;
  flushing_ = true;
  regroup();
  while (sendNext()) {
  }
  const bool waits_behind = store_.hasGroups() && (!gathering_.empty() || !touches_.empty());
  flush_at_ = waits_behind ? parts_.clock.steadyNow() + kLookInterval : SteadyTime::max();
  waitForTime();
  flushing_ = false;
}

/// Nobody waits for servers that have their session no longer.
void SessionLoader::regroup() {
  const std::uint64_t version = store_.groupsVersion();
  if (std::exchange(groups_version_, version) == version) return;
  for (AskedSession& one : gathering_) {
    const auto login = one.met ? one.met->login() : std::string_view();
    one.group = store_.groupOf(SessionLoad{.id = one.wants.front()->id, .user = login});
    one.by_user = !login.empty();
  }
}

/// Of which a batch can be sent now.
std::optional<LaneStore::Group> SessionLoader::nextGroup() const {
  const bool has_groups = store_.hasGroups();
  if (!has_groups && pending_.any()) return std::nullopt;
  for (const AskedSession& one : gathering_) {
    if (!pending_.any(one.group)) return one.group;
  }
  for (const TouchWant* want : touches_) {
    const LaneStore::Group group = store_.groupOf(want->id);
    if (!pending_.any(group)) return group;
  }
  for (const LateTouch& late : late_) {
    const LaneStore::Group group = store_.groupOf(late.id);
    if (!pending_.any(group)) return group;
  }
  return std::nullopt;
}

bool SessionLoader::sendNext() {
  const std::optional<LaneStore::Group> group = nextGroup();
  if (!group) return false;
  PendingBatch& pending = pending_.prepare(*group);
  const SteadyTime now = parts_.clock.steadyNow();
  fill(pending, now);
  if (pending.batch.empty()) return true;
  pending_.start(pending);
  if (pending.deadline <= now) {
    answered(pending.batch);  // nobody in it may wait any more: no reason to doubt the store
    return true;
  }
  waitForTime();
  store_.send(pending.batch, pending.deadline, *this);
  return true;
}

/// From what has gathered. The batch waits for as long as the last of it may; who may not wait as long ends before.
void SessionLoader::fill(PendingBatch& pending, SteadyTime now) {
  pending.batch.clear();
  pending.asked.clear();
  takeLoads(pending, now);
  takeTouches(pending, now);
  pending.batch.group = pending.group;
  pending.batch.groups_version = groups_version_;
  SteadyTime first = SteadyTime::max();
  SteadyTime last = pending.touching.empty() || pending.touching.back().first ? SteadyTime::min() : deadlineOf(now);
  const auto wait = [&](SteadyTime deadline) {
    first = std::min(first, deadline);
    last = std::max(last, deadline);
  };
  for (const AskedSession& one : pending.asked) {
    for (const SessionWant* want : one.wants) wait(deadlineOf(want->arrived));
  }
  for (const Touching& one : pending.touching) {
    if (one.want != nullptr) wait(deadlineOf(one.want->arrived));
  }
  // More than a batch holds have gathered, or others of other groups.
  for (const AskedSession& one : gathering_) {
    for (const SessionWant* want : one.wants) first = std::min(first, deadlineOf(want->arrived));
  }
  for (const TouchWant* want : touches_) first = std::min(first, deadlineOf(want->arrived));
  pending.deadline = last;
  noteExpiry(first, last);
}

void SessionLoader::takeLoads(PendingBatch& pending, SteadyTime now) {
  gathering_.removeIf([&](AskedSession& one) {
    if (one.group != pending.group || pending.asked.size() >= kLargestBatch) return false;
    if (!takeLoad(pending, one, now)) return false;
    pending.asked.add(std::move(one));
    return true;
  });
}

/// False: with its user, whom one has to ask as well, it is of another group.
bool SessionLoader::takeLoad(PendingBatch& pending, AskedSession& one, SteadyTime now) {
  const SessionId& id = *one.wants.front()->id;
  one.note = parts_.cache.note(id, now);
  if (one.met) parts_.cache.noteKnown(one.note, one.met);
  SessionLoad load{.id = &id,
                   .wants_ttl = one.note.wants_ttl || isTouchDue(one, now),
                   .user = one.note.known ? one.note.known->login() : std::string_view()};
  // Without a user it is of the group that it was of when it was wanted.
  if (!load.user.empty() || one.by_user || store_.groupsVersion() != groups_version_) {
    one.group = store_.groupOf(load);
    one.by_user = !load.user.empty();
  }
  if (one.group != pending.group) return false;
  one.met = {};
  pending.batch.loads.push_back(load);
  return true;
}

void SessionLoader::takeTouches(PendingBatch& pending, SteadyTime now) {
  std::erase_if(touches_, [&](TouchWant* want) {
    if (pending.touching.size() >= kLargestBatch || store_.groupOf(want->id) != pending.group) return false;
    pending.touching.push_back(
        {.want = want,
         .touch = {.id = want->id, .ttl = want->ttl, .until = now + want->ttl, .ends = want->ends},
         .session = want->session,
         .first = true});
    parts_.cache.expectTouch(want->id);
    return true;
  });
  std::erase_if(late_, [&](LateTouch& late) {
    if (store_.groupOf(late.id) != pending.group) return false;
    pending.touching.push_back({.want = nullptr, .touch = std::move(late), .session = {}, .first = false});
    return true;
  });
  for (const Touching& one : pending.touching)
    pending.batch.touches.push_back({.id = &one.touch.id, .ttl = one.touch.ttl, .ends = one.touch.ends});
}

/// As far as is known before the session is: of one that is not known, it may be.
bool SessionLoader::isTouchDue(const AskedSession& asked, SteadyTime now) const {
  const bool wanted = std::ranges::any_of(asked.wants, [](const SessionWant* want) { return want->may_touch; });
  if (!wanted || !asked.note.known) return wanted;
  const KnownSession& known = *asked.note.known;
  const auto ttl = known.facts().touch_ttl;
  return ttl && known.mayBeTouched(now) && parts_.throttle.look(known.idBytes(), *ttl, now).due;
}

void SessionLoader::answered(StoreBatch& batch) {
  PendingBatch& pending = pending_.of(batch);
  const SteadyTime now = parts_.clock.steadyNow();
  for (std::size_t i = 0; i < pending.asked.size(); ++i) {
    try {
      if (!take(pending.asked[i], batch.loads[i], batch.tracked, now)) gathering_.add(std::move(pending.asked[i]));
    } catch (const std::bad_alloc&) {
      // Nobody can tell what this session is: kUnavailable, as it was not found.
    }
  }
  bool late_arrived = false;
  for (std::size_t i = 0; i < pending.touching.size(); ++i) {
    Touching& one = pending.touching[i];
    if (one.want != nullptr) one.want->result = batch.touches[i].result;
    late_arrived = late_arrived || (!one.first && batch.touches[i].result);
    note(one, batch.touches[i], now);
  }
  // What answers again is told of the others without a pause.
  if (!parts_.late.empty()) late_at_ = std::min(late_at_, late_arrived ? now : now + kLateInterval);

  // What the clients want now is not of this batch any more.
  AskedSessions loaded = std::exchange(spare_, {});
  std::deque<Touching> touched;
  std::swap(loaded, pending.asked);
  touched.swap(pending.touching);
  pending_.end(pending);
  if (!pending_.any()) expires_at_ = SteadyTime::max();
  waitForTime();
  for (const AskedSession& one : loaded) {
    for (SessionWant* want : one.wants) tell(*want, one, now);
  }
  loaded.clear();
  spare_ = std::move(loaded);
  for (const Touching& one : touched) {
    if (one.want != nullptr) client_.touched(*one.want);
  }
  flush();
}

/// A want that joined a load that failed gets one load of its own.
void SessionLoader::tell(SessionWant& want, const AskedSession& asked, SteadyTime now) {
  const bool joined = want.arrived > asked.note.sent;
  if (want.found.absence != CheckStatus::kUnavailable || !joined || deadlineOf(want.arrived) <= now) {
    return client_.loaded(want);
  }
  want.found = {};
  try {
    this->want(want);
  } catch (const std::bad_alloc&) {
    client_.loaded(want);  // nobody can tell
  }
}

/// False: to be asked for again, with its user.
bool SessionLoader::take(AskedSession& asked, const SessionLoad& load, bool tracked, SteadyTime now) {
  std::string_view cookie;
  for (const SessionWant* want : asked.wants) {
    if (cookie.empty()) cookie = want->cookie;
  }
  const FoundSession found = parts_.reader.read(load, asked.note.sent, cookie, asked.note.known);
  if (found.needsUser()) {
    asked.met = found.session;
    asked.id.reset();
    if (!asked.wants.empty()) {
      asked.group = store_.groupOf(SessionLoad{.id = asked.wants.front()->id, .user = found.session->login()});
      asked.by_user = true;
    }
    return asked.wants.empty();
  }
  parts_.cache.keep(*load.id, asked.note, found, cookie, tracked, now);
  if (parts_.index != nullptr && !found.absence) parts_.index->note(*found.session, found.ends, asked.note.sent);
  for (SessionWant* want : asked.wants) want->found = found;
  return true;
}

void SessionLoader::note(Touching& touching, const KeyTouch& sent, SteadyTime now) {
  if (!sent.result) {
    if (touching.first) parts_.metrics.touches_failed.add();
    return keepLate(sent, touching.touch.until, now);
  }
  if (*sent.result == TouchOutcome::kChanged) parts_.metrics.touches_changed.add();
  if (*sent.result != TouchOutcome::kTouched) return;
  parts_.metrics.touched.add();
  if (parts_.index != nullptr && touching.session) parts_.index->note(*touching.session, now + touching.touch.ttl, now);
}

void SessionLoader::onTime() {
  waiting_for_ = SteadyTime::max();
  const SteadyTime now = parts_.clock.steadyNow();
  if (late_at_ <= now) {
    late_at_ = SteadyTime::max();
    late_ = parts_.late.take(kLargestBatch, now);
  }
  if (pending_.any() && expires_at_ <= now) expire(now);
  flush();
  keepLate(now);
  waitForTime();
}

/// Of those behind whose batches others are under way.
void SessionLoader::keepLate(SteadyTime now) {
  for (const LateTouch& late : std::exchange(late_, {}))
    keepLate({.id = &late.id, .ttl = late.ttl, .ends = late.ends}, late.until, now);
}

/// Where there is no room for more late ones, or no memory, the session's next touch comes in its time: whoever waits
/// for this one is told all the same.
void SessionLoader::keepLate(const KeyTouch& touch, SteadyTime until, SteadyTime now) {
  const LaneStore::Group group = store_.groupOf(*touch.id);
  try {
    LateTouch late{.id = *touch.id, .ttl = touch.ttl, .until = until, .ends = touch.ends};
    static_cast<void>(parts_.late.add(std::move(late), group));
  } catch (const std::bad_alloc&) {
    // As where there is no room.
  }
  late_at_ = std::min(late_at_, now + kLateInterval);
}

void SessionLoader::waitForTime() {
  const SteadyTime next = std::min({late_at_, expires_at_, flush_at_});
  if (next == waiting_for_) return;
  loop_.callAt(next, *this);
  waiting_for_ = next;
}

}  // namespace sessiond
