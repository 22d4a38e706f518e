#include "session/session_loader.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/check.h"
#include "base/keyed_hash.h"

namespace sessiond {

namespace {

/// How far back a check looks for a load to join. More wait only when all is lost anyway.
constexpr std::size_t kLookBack = 256;
/// How long after a touch failed it is tried again.
constexpr std::chrono::seconds kLateInterval{1};
/// Who waits for one batch ends together if their times are over so close to each other.
constexpr std::chrono::milliseconds kTogether{20};

/// By so much that it is worth a moment of its own.
bool isBefore(SteadyTime first, SteadyTime last) {
  return first < last && last - first > kTogether;
}

}  // namespace

LoaderMetrics::LoaderMetrics(MetricsRegistry& metrics)
    : misses(metrics.counter("sessiond_cache_misses_total", "Sessions wanted by a check and asked of Redis.")),
      joined(metrics.counter("sessiond_cache_joined_total",
                             "Sessions wanted by a check while another one was asking Redis; both had the answer.")),
      touched(metrics.counter("sessiond_touches_total", "Sessions whose time to live was extended.")),
      touches_failed(metrics.counter("sessiond_touch_failures_total",
                                     "Touches that did not reach Redis; they are sent again when it answers.")),
      touches_changed(metrics.counter("sessiond_touches_changed_total",
                                      "Touches left out because somebody had just given the session another life.")) {}

SessionLoader::SessionLoader(const Parts& parts, Client& client) : parts_(parts), client_(client) {}

SessionLoader::~SessionLoader() {
  parts_.loop.forget(*this);
}

void SessionLoader::want(SessionWant& want) {
  const std::uint64_t hash = KeyedHash()(want.id->bytes());
  if (join(gathering_, hash, want, false) || join(asked_, hash, want, true)) {
    parts_.metrics.joined.add();
    return;
  }
  parts_.metrics.misses.add();
  gathering_.push_back({.hash = hash, .note = {}, .wants = {&want}, .id = {}});
  watch(want.arrived);
}

void SessionLoader::want(TouchWant& want) {
  touches_.push_back(&want);
  watch(want.arrived);
}

/// Of somebody who gathers behind a batch: his time may be over before it is.
void SessionLoader::watch(SteadyTime arrived) {
  if (!under_way_ || !isBefore(deadlineOf(arrived), batch_deadline_)) return;
  expires_at_ = std::min(expires_at_, deadlineOf(arrived));
  waitForTime();
}

bool SessionLoader::join(std::vector<Asked>& asked, std::uint64_t hash, SessionWant& want, bool sent) {
  const std::size_t first = asked.size() - std::min(asked.size(), kLookBack);
  for (std::size_t i = asked.size(); i-- > first;) {
    Asked& one = asked[i];
    if (one.hash != hash || one.idBytes() != want.id->bytes()) continue;
    if (sent && !parts_.cache.mayJoin(*want.id, one.note, parts_.clock.steadyNow())) return false;
    one.wants.push_back(&want);
    return true;
  }
  return false;
}

void SessionLoader::flush() {
  if (flushing_) return;
  flushing_ = true;
  while (!under_way_ && (!gathering_.empty() || !touches_.empty() || late_due_)) send();
  flushing_ = false;
}

void SessionLoader::send() {
  const SteadyTime now = parts_.clock.steadyNow();
  const SteadyTime deadline = fillBatch(now);
  if (batch_.empty()) return;
  under_way_ = true;
  batch_deadline_ = deadline;
  if (deadline <= now) return answered(batch_);  // nobody in it may wait any more: no reason to doubt the store
  waitForTime();
  parts_.store.send(batch_, deadline, *this);
}

/// From what has gathered. The batch waits for as long as the last of it may; who may not wait as long ends before.
SteadyTime SessionLoader::fillBatch(SteadyTime now) {
  batch_.clear();
  takeLoads(now);
  takeTouches(now);
  SteadyTime first = SteadyTime::max();
  SteadyTime last = touching_.empty() || touching_.back().first ? SteadyTime::min() : deadlineOf(now);
  const auto wait = [&](SteadyTime deadline) {
    first = std::min(first, deadline);
    last = std::max(last, deadline);
  };
  for (const Asked& one : asked_) {
    for (const SessionWant* want : one.wants) wait(deadlineOf(want->arrived));
  }
  for (const Touching& one : touching_) {
    if (one.want != nullptr) wait(deadlineOf(one.want->arrived));
  }
  // More than a batch holds have gathered.
  for (const Asked& one : gathering_) {
    for (const SessionWant* want : one.wants) first = std::min(first, deadlineOf(want->arrived));
  }
  for (const TouchWant* want : touches_) first = std::min(first, deadlineOf(want->arrived));
  expires_at_ = isBefore(first, last) ? first : SteadyTime::max();
  return last;
}

void SessionLoader::takeLoads(SteadyTime now) {
  const std::size_t loads = std::min(gathering_.size(), kLargestBatch);
  const auto end = gathering_.begin() + static_cast<std::ptrdiff_t>(loads);
  asked_.assign(std::move_iterator(gathering_.begin()), std::move_iterator(end));
  gathering_.erase(gathering_.begin(), end);
  for (Asked& one : asked_) {
    const SessionId& id = *one.wants.front()->id;
    one.note = parts_.cache.note(id, now);
    if (one.met) {
      one.note.known = std::move(one.met);
      one.note.user_changes = parts_.cache.userChanges(*one.note.known);
    }
    batch_.loads.push_back({.id = &id,
                            .wants_ttl = one.note.wants_ttl || isTouchDue(one, now),
                            .user = one.note.known ? one.note.known->login() : std::string_view()});
  }
}

void SessionLoader::takeTouches(SteadyTime now) {
  while (!touches_.empty() && touching_.size() < kLargestBatch) {
    TouchWant& want = *touches_.front();
    touches_.pop_front();
    touching_.push_back({.want = &want,
                         .touch = {.id = want.id, .ttl = want.ttl, .until = now + want.ttl, .ends = want.ends},
                         .session = want.session,
                         .first = true});
    parts_.cache.expectTouch(want.id);
  }
  if (std::exchange(late_due_, false)) {
    for (LateTouch& late : parts_.late.take(kLargestBatch, now))
      touching_.push_back({.want = nullptr, .touch = std::move(late), .session = {}, .first = false});
  }
  for (const Touching& one : touching_)
    batch_.touches.push_back({.id = &one.touch.id, .ttl = one.touch.ttl, .ends = one.touch.ends});
}

/// As far as is known before the session is: of one that is not known, it may be.
bool SessionLoader::isTouchDue(const Asked& asked, SteadyTime now) const {
  const bool wanted = std::ranges::any_of(asked.wants, [](const SessionWant* want) { return want->may_touch; });
  if (!wanted || !asked.note.known) return wanted;
  const auto ttl = asked.note.known->facts().touch_ttl;
  return ttl && parts_.throttle.wouldBeDue(asked.note.known->idBytes(), *ttl, now);
}

void SessionLoader::answered(StoreBatch& batch) {
  SESSIOND_CHECK(&batch == &batch_ && under_way_);
  const SteadyTime now = parts_.clock.steadyNow();
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    try {
      if (!take(asked_[i], batch.loads[i], now)) gathering_.push_back(std::move(asked_[i]));
    } catch (const std::bad_alloc&) {
      // Nobody can tell what this session is: kUnavailable, as it was not found.
    }
  }
  for (std::size_t i = 0; i < touching_.size(); ++i) {
    Touching& one = touching_[i];
    if (one.want != nullptr) one.want->result = batch.touches[i].result;
    note(one, batch.touches[i], now);
  }
  if (late_at_ == SteadyTime::max() && !parts_.late.empty()) late_at_ = now + kLateInterval;
  expires_at_ = SteadyTime::max();
  waitForTime();

  // What the clients want now is not of this batch any more.
  std::vector<Asked> loaded;
  std::deque<Touching> touched;
  loaded.swap(asked_);
  touched.swap(touching_);
  under_way_ = false;
  for (Asked& one : loaded) {
    for (SessionWant* want : one.wants) tell(*want, one, now);
  }
  for (const Touching& one : touched) {
    if (one.want != nullptr) client_.touched(*one.want);
  }
  flush();
}

/// Who joined a load that failed has not had a try of his own.
void SessionLoader::tell(SessionWant& want, const Asked& asked, SteadyTime now) {
  const bool joined = want.arrived > asked.note.sent;
  if (want.found.presence != Presence::kUnavailable || !joined || deadlineOf(want.arrived) <= now) {
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
bool SessionLoader::take(Asked& asked, const SessionLoad& load, SteadyTime now) {
  std::string_view cookie;
  for (const SessionWant* want : asked.wants) {
    if (cookie.empty()) cookie = want->cookie;
  }
  const FoundSession found = parts_.reader.read(load, asked.note.sent, cookie, asked.note.known);
  if (found.needsUser()) {
    asked.met = found.session;
    asked.id.reset();
    return asked.wants.empty();
  }
  parts_.cache.keep(*load.id, asked.note, found, cookie, batch_.tracked, now);
  if (parts_.index != nullptr && found.presence == Presence::kPresent) parts_.index->note(*found.session, found.ends);
  for (SessionWant* want : asked.wants) want->found = found;
  return true;
}

/// Where there is no room for more late ones, the session's next touch comes in its time.
void SessionLoader::note(Touching& touching, const KeyTouch& sent, SteadyTime now) {
  if (!sent.result) {
    if (touching.first) parts_.metrics.touches_failed.add();
    static_cast<void>(parts_.late.add(std::move(touching.touch)));
    return;
  }
  if (*sent.result == TouchOutcome::kChanged) parts_.metrics.touches_changed.add();
  if (*sent.result != TouchOutcome::kTouched) return;
  parts_.metrics.touched.add();
  if (parts_.index != nullptr && touching.session) parts_.index->note(*touching.session, now + touching.touch.ttl);
}

/// Those who have waited enough go on without an answer. What comes is still of use: it is kept, and a touch that
/// arrives has arrived.
void SessionLoader::expire(SteadyTime now) {
  std::vector<SessionWant*> loads;
  std::vector<TouchWant*> touches;
  expires_at_ = SteadyTime::max();
  const auto isOver = [&](SteadyTime arrived) {
    const SteadyTime deadline = deadlineOf(arrived);
    if (deadline > now) expires_at_ = std::min(expires_at_, deadline);
    return deadline <= now;
  };
  const auto mayWait = [&](const auto* want) { return !isOver(want->arrived); };
  const auto leave = [&](std::vector<SessionWant*>& wants) {
    const auto over = std::stable_partition(wants.begin(), wants.end(), mayWait);
    loads.insert(loads.end(), over, wants.end());
    wants.erase(over, wants.end());
  };
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    Asked& one = asked_[i];
    if (one.wants.empty()) continue;
    const SessionId* const named = batch_.loads[i].id;
    const auto namer = std::ranges::find_if(one.wants, [named](const auto* want) { return want->id == named; });
    if (namer != one.wants.end() && deadlineOf((*namer)->arrived) <= now) batch_.loads[i].id = &one.id.emplace(*named);
    leave(one.wants);
  }
  for (Touching& one : touching_) {
    if (one.want == nullptr || !isOver(one.want->arrived)) continue;
    touches.push_back(std::exchange(one.want, nullptr));
  }
  for (Asked& one : gathering_) leave(one.wants);
  std::erase_if(gathering_, [](const Asked& one) { return one.wants.empty(); });
  const auto over = std::stable_partition(touches_.begin(), touches_.end(), mayWait);
  touches.insert(touches.end(), over, touches_.end());
  touches_.erase(over, touches_.end());
  for (SessionWant* want : loads) client_.loaded(*want);
  for (TouchWant* want : touches) client_.touched(*want);
}

void SessionLoader::onTime() {
  waiting_for_ = SteadyTime::max();
  const SteadyTime now = parts_.clock.steadyNow();
  if (late_at_ <= now) {
    late_at_ = SteadyTime::max();
    late_due_ = !parts_.late.empty();
  }
  if (under_way_ && expires_at_ <= now) expire(now);
  flush();
  if (late_due_) late_at_ = now + kLateInterval;  // a batch is under way
  waitForTime();
}

void SessionLoader::waitForTime() {
  const SteadyTime next = std::min(late_at_, expires_at_);
  if (next == waiting_for_) return;
  waiting_for_ = next;
  parts_.loop.callAt(next, *this);
}

}  // namespace sessiond
