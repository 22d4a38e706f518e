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
  gathering_.push_back({.hash = hash, .note = {}, .wants = {&want}});
}

void SessionLoader::want(TouchWant& want) {
  touches_.push_back(&want);
}

bool SessionLoader::join(std::vector<Asked>& asked, std::uint64_t hash, SessionWant& want, bool sent) {
  const std::size_t first = asked.size() - std::min(asked.size(), kLookBack);
  for (std::size_t i = asked.size(); i-- > first;) {
    Asked& one = asked[i];
    if (one.hash != hash || *one.wants.front()->id != *want.id) continue;
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
  parts_.store.send(batch_, deadline, *this);
}

/// From what has gathered; when all of it must be answered.
SteadyTime SessionLoader::fillBatch(SteadyTime now) {
  SteadyTime deadline = now + parts_.budget;
  batch_.clear();
  const std::size_t loads = std::min(gathering_.size(), kLargestBatch);
  const auto end = gathering_.begin() + static_cast<std::ptrdiff_t>(loads);
  asked_.assign(std::move_iterator(gathering_.begin()), std::move_iterator(end));
  gathering_.erase(gathering_.begin(), end);
  for (Asked& one : asked_) {
    const SessionId& id = *one.wants.front()->id;
    one.note = parts_.cache.note(id, now);
    batch_.loads.push_back({.id = &id, .wants_ttl = one.note.wants_ttl || isTouchDue(one, now)});
    for (const SessionWant* want : one.wants) deadline = std::min(deadline, want->arrived + parts_.budget);
  }
  while (!touches_.empty() && touching_.size() < kLargestBatch) {
    TouchWant& want = *touches_.front();
    touches_.pop_front();
    touching_.push_back(&want);
    batch_.touches.push_back({.id = &want.id, .ttl = want.ttl, .ends = want.ends});
    parts_.cache.expectTouch(want.id);
    deadline = std::min(deadline, want.arrived + parts_.budget);
  }
  if (std::exchange(late_due_, false)) late_ = parts_.late.take(kLargestBatch, now);
  for (const LateTouch& late : late_) batch_.touches.push_back({.id = &late.id, .ttl = late.ttl, .ends = late.ends});
  return deadline;
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
      take(asked_[i], batch.loads[i], now);
    } catch (const std::bad_alloc&) {
      // Nobody can tell what this session is: kUnavailable, as it was not found.
    }
  }
  for (std::size_t i = 0; i < touching_.size(); ++i) {
    TouchWant& want = *touching_[i];
    want.result = batch.touches[i].result;
    note({.id = want.id, .ttl = want.ttl, .until = now + want.ttl, .ends = want.ends}, batch.touches[i], true);
    const bool touched = want.result && *want.result == TouchOutcome::kTouched;
    if (touched && parts_.index != nullptr && want.session) parts_.index->note(*want.session, now + want.ttl);
  }
  for (std::size_t i = 0; i < late_.size(); ++i) note(late_[i], batch.touches[touching_.size() + i], false);
  if (!parts_.late.empty()) parts_.loop.callAt(now + kLateInterval, *this);

  // What the clients want now is not of this batch any more.
  std::vector<Asked> loaded;
  std::vector<TouchWant*> touched;
  loaded.swap(asked_);
  touched.swap(touching_);
  late_.clear();
  under_way_ = false;
  for (Asked& one : loaded) {
    for (SessionWant* want : one.wants) client_.loaded(*want);
  }
  for (TouchWant* want : touched) client_.touched(*want);
  flush();
}

void SessionLoader::take(Asked& asked, const SessionLoad& load, SteadyTime now) {
  std::string_view cookie;
  for (const SessionWant* want : asked.wants) {
    if (cookie.empty()) cookie = want->cookie;
  }
  const FoundSession found = parts_.reader.read(load, asked.note.sent, cookie, asked.note.known);
  parts_.cache.keep(*load.id, asked.note, found, cookie, batch_.tracked, now);
  if (parts_.index != nullptr && found.session) parts_.index->note(*found.session, found.ends);
  for (SessionWant* want : asked.wants) want->found = found;
}

/// `first`: a check waits for it. Where there is no room for more late ones, the session's next touch comes in its
/// time.
void SessionLoader::note(LateTouch touch, const KeyTouch& sent, bool first) {
  if (sent.result) {
    if (*sent.result == TouchOutcome::kTouched) parts_.metrics.touched.add();
    if (*sent.result == TouchOutcome::kChanged) parts_.metrics.touches_changed.add();
    return;
  }
  if (first) parts_.metrics.touches_failed.add();
  static_cast<void>(parts_.late.add(std::move(touch)));
}

void SessionLoader::onTime() {
  late_due_ = !parts_.late.empty();
  flush();
  if (late_due_) parts_.loop.callAt(parts_.clock.steadyNow() + kLateInterval, *this);
}

}  // namespace sessiond
