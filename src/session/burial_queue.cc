#include "session/burial_queue.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/named_thread.h"
#include "session/resurrection.h"

namespace sessiond {

BurialQueue::BurialQueue(SessionStore& store, SessionStore& bare, const RevokedSessions& revoked,
                         const HmacKey& log_names, MetricsRegistry& metrics, Others others,
                         std::chrono::milliseconds pause)
    : store_(store),
      bare_(bare),
      revoked_(revoked),
      log_names_(log_names),
      others_(std::move(others)),
      pause_(pause),
      renewed_(metrics.counter("sessiond_revocations_renewed_total",
                               "Tombstones written again because the server may be one that never had them.")),
      resurrected_(resurrectedSessions(metrics)),
      late_(pause, kMostPauses * pause, kMaxWaiting),
      between_renewals_(kMostPausesBetweenRenewals * pause),
      between_losses_(kMostPausesBetweenLosses * pause),
      next_last_look_(SteadyClock::now() + kPausesBetweenLastLooks * pause),
      thread_(startThread("burials", [this](const std::stop_token& stop) { run(stop); })) {}

BurialQueue::~BurialQueue() {
  thread_.request_stop();
  thread_.join();
}

void BurialQueue::bury(const SessionId& id, std::chrono::seconds tombstone_ttl) {
  const std::lock_guard lock(mutex_);
  if (waiting_.burials.size() >= kMaxWaiting) return;
  std::chrono::seconds& ttl = waiting_.burials[id];
  ttl = std::max(ttl, tombstone_ttl);
  arrived_.notify_one();
}

void BurialQueue::wantTombstone(const SessionId& id) {
  const std::lock_guard lock(mutex_);
  if (waiting_.unburied.size() >= RevokedSessions::kMost) return;
  waiting_.unburied.insert(id);
  arrived_.notify_one();
}

void BurialQueue::end(const SessionId& id, std::string_view why, const std::string& user_id) {
  const std::lock_guard lock(mutex_);
  if (waiting_.endings.size() >= kMaxWaiting) return;
  waiting_.endings.emplace(id, std::pair(why, user_id));
  arrived_.notify_one();
}

void BurialQueue::look(std::string_view id) {
  if (!revoked_.contains(id)) return;
  const std::lock_guard lock(mutex_);
  if (waiting_.looks.size() >= kMaxWaiting) return;
  waiting_.looks.insert(*SessionId::fromBytes(id));
  arrived_.notify_one();
}

void BurialQueue::renew() {
  const std::lock_guard lock(mutex_);
  waiting_.anew = true;
  waiting_.renewal = true;
  arrived_.notify_one();
}

void BurialQueue::renewAfterMove() {
  const std::lock_guard lock(mutex_);
  waiting_.anew = true;
  waiting_.renewal = true;
  waiting_.moved = true;
  arrived_.notify_one();
}

void BurialQueue::renewAfterLoss() {
  const std::lock_guard lock(mutex_);
  waiting_.loss = true;
  arrived_.notify_one();
}

void BurialQueue::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wait(lock, stop);
    const Waiting waiting = take();
    lock.unlock();
    workOff(waiting, stop);
    lock.lock();
  }
}

/// REQUIRES: mutex_ is held.
SteadyTime BurialQueue::renewalDue() const {
  if (waiting_.moved) return SteadyTime::min();
  if (waiting_.renewal) return between_renewals_.over();
  return waiting_.loss ? between_losses_.over() : SteadyTime::max();
}

bool BurialQueue::mustAct() const {
  return waiting_.isUrgent() || SteadyClock::now() >= renewalDue();
}

void BurialQueue::wait(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
  while (!stop.stop_requested() && !mustAct()) {
    const SteadyTime renewal = renewalDue();
    const auto changed = [this, renewal] { return mustAct() || renewalDue() != renewal; };
    const SteadyTime due = std::min({late_.next(), epoch_due_, next_last_look_, renewal});
    if (due <= SteadyClock::now()) return;
    arrived_.wait_until(lock, stop, due, changed);
  }
}

/// All but a renewal whose time has not come. One does for whatever it was wanted for.
BurialQueue::Waiting BurialQueue::take() {
  const bool is_due = SteadyClock::now() >= renewalDue();
  Waiting taken = std::exchange(waiting_, {});
  if (is_due) return taken;
  waiting_.renewal = std::exchange(taken.renewal, false);
  waiting_.loss = std::exchange(taken.loss, false);
  return taken;
}

void BurialQueue::workOff(const Waiting& waiting, const std::stop_token& stop) {
  if (stop.stop_requested()) return;
  if ((waiting.anew || waiting.loss) && others_.renewing) others_.renewing();
  if (waiting.wantsRenewal()) {
    const SteadyTime began = SteadyClock::now();
    // Not before that, since who revokes until then may do so over a connection from before; and before anything is
    // read of what is remembered.
    renewals_.fetch_add(1, std::memory_order_acq_rel);
    late_.dropRenewals();
    renewAll(stop);
    noteRenewal(waiting, began);
  }
  const SteadyTime now = SteadyClock::now();
  if (waiting.anew || waiting.loss || epoch_due_ <= now) tellEpoch();
  std::vector<BurialTask> tasks = late_.take(now);
  renewAgain(tasks, stop);
  using Kind = BurialTask::Kind;
  // It was refused, or written elsewhere, a moment ago.
  for (const SessionId& id : waiting.unburied) late_.add({.kind = Kind::kRenew, .id = id}, now);
  for (const auto& [id, ttl] : waiting.burials) tasks.push_back({.kind = Kind::kBury, .id = id, .ttl = ttl});
  for (const SessionId& id : waiting.looks) tasks.push_back({.kind = Kind::kLook, .id = id});
  for (const auto& [id, ending] : waiting.endings) {
    const auto& [why, user_id] = ending;
    tasks.push_back(
        {.kind = Kind::kEnd, .id = id, .give_up_after = RevokedSessions::kMemory, .why = why, .user_id = user_id});
  }
  lookBeforeForgetting(tasks);
  for (BurialTask& one : tasks) {
    if (stop.stop_requested()) return;
    if (one.kind != Kind::kRenew && !carryOut(one)) late_.add(std::move(one), SteadyClock::now());
  }
}

/// Writing what is remembered again is work for the server, which whoever else listens hears of.
void BurialQueue::noteRenewal(const Waiting& wanted, SteadyTime began) {
  if (!wanted.renewal) return between_losses_.begin(began, began, kPausesBetweenLosses * pause_);
  const SteadyTime now = SteadyClock::now();
  between_renewals_.begin(began, now, std::chrono::duration_cast<std::chrono::milliseconds>(now - began));
}

void BurialQueue::renewAll(const std::stop_token& stop) {
  std::uint64_t cursor = RevokedSessions::kNewest;
  while (!stop.stop_requested()) {
    std::optional<std::vector<SessionRevocation>> standing = revoked_.standing(cursor, kPage);
    if (!standing) return;
    renewPage(*std::move(standing), {});
  }
}

void BurialQueue::lookBeforeForgetting(std::vector<BurialTask>& tasks) {
  const SteadyTime now = SteadyClock::now();
  if (now < next_last_look_) return;
  next_last_look_ = now + kPausesBetweenLastLooks * pause_;
  for (bool all = false; !all;) {
    std::vector<SessionId> page = revoked_.aboutToBeForgotten(last_look_cursor_, kPage);
    all = page.empty();
    for (SessionId& id : page) tasks.push_back({.kind = BurialTask::Kind::kLook, .id = std::move(id)});
  }
}

/// Those that are to be renewed, and whose tombstones stand yet.
void BurialQueue::renewAgain(const std::vector<BurialTask>& tasks, const std::stop_token& stop) {
  std::vector<SessionRevocation> page;
  std::map<SessionId, std::chrono::milliseconds> pauses;
  for (const BurialTask& one : tasks) {
    if (one.kind != BurialTask::Kind::kRenew || stop.stop_requested()) continue;
    const std::optional<std::chrono::seconds> ttl = revoked_.tombstoneOf(one.id.bytes());
    if (!ttl || ttl->count() <= 0) continue;
    page.push_back({.id = one.id, .tombstone_ttl = *ttl});
    pauses[one.id] = one.pause;
    if (page.size() == kPage) renewPage(std::exchange(page, {}), pauses);
  }
  renewPage(std::move(page), pauses);
}

/// `pauses`: of those that were tried before.
void BurialQueue::renewPage(std::vector<SessionRevocation> page,
                            const std::map<SessionId, std::chrono::milliseconds>& pauses) {
  if (page.empty()) return;
  bare_.revoke(page);
  const SteadyTime now = SteadyClock::now();
  for (SessionRevocation& one : page) {
    if (one.result && *one.result == Burial::kBuried) {
      renewed_.add();
      continue;
    }
    const auto before = pauses.find(one.id);
    const auto pause = before == pauses.end() ? std::chrono::milliseconds(0) : before->second;
    late_.add({.kind = BurialTask::Kind::kRenew, .id = std::move(one.id), .pause = pause}, now);
  }
}

void BurialQueue::tellEpoch() {
  const Expected<std::uint64_t, StoreError> told = store_.raiseEpoch(0);
  const bool again = !told && told.error() != StoreError::kCorrupt;
  epoch_due_ = again ? SteadyClock::now() + pause_ : SteadyTime::max();
}

/// False: in vain, and to be tried again as it then stands.
bool BurialQueue::carryOut(BurialTask& task) {
  if (task.kind == BurialTask::Kind::kEnd) {
    task.give_up_after -= std::chrono::ceil<std::chrono::seconds>(task.pause);
    return others_.ending(task.id, task.why, task.user_id) || task.give_up_after.count() <= 0;
  }
  if (task.kind == BurialTask::Kind::kLook) {
    const Expected<bool, StoreError> found = isThere(task.id);
    if (!found) return false;
    const std::optional<std::chrono::seconds> ttl = revoked_.tombstoneOf(task.id.bytes());
    if (!*found || !ttl) return true;
    resurrected_.add();
    // A tombstone that has ended begins anew: whoever wrote this copy may write it again.
    const auto lives = std::max(*ttl, std::chrono::seconds(RevokedSessions::kMemory));
    task = {.kind = BurialTask::Kind::kBury, .id = std::move(task.id), .ttl = lives};
  }
  const Expected<Burial, StoreError> buried = store_.revoke(task.id, task.ttl);
  const bool is_done = buried && *buried == Burial::kBuried;
  if (is_done || task.isFirst()) auditResurrection(task.id, buried, log_names_);
  // It is gone, and what was revoked here is remembered: the tombstone alone is wanting, for as long as that.
  if (buried && !is_done) task.kind = BurialTask::Kind::kRenew;
  return is_done;
}

Expected<bool, StoreError> BurialQueue::isThere(const SessionId& id) {
  SessionLoad load{.id = &id};
  store_.load({&load, 1});
  if (!load.result && load.result.error() == StoreError::kCorrupt) return true;
  if (!load.result) return Unexpected(load.result.error());
  return load.result->json.has_value();
}

}  // namespace sessiond
