#include "session/burial_queue.h"

#include <pthread.h>

#include <algorithm>
#include <span>
#include <vector>

#include "base/log.h"
#include "session/facts_reader.h"

namespace sessiond {

BurialQueue::BurialQueue(SessionStore& store, SessionStore& bare, const RevokedSessions& revoked,
                         const HmacKey& log_names, MetricsRegistry& metrics, std::chrono::milliseconds pause)
    : store_(store),
      bare_(bare),
      revoked_(revoked),
      log_names_(log_names),
      pause_(pause),
      renewed_(metrics.counter("sessiond_revocations_renewed_total",
                               "Tombstones written again because the server may be one that never had them.")),
      resurrected_(resurrectedSessions(metrics)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

BurialQueue::~BurialQueue() {
  thread_.request_stop();
  thread_.join();
}

void BurialQueue::bury(const SessionId& id, std::chrono::seconds tombstone_ttl) {
  const std::lock_guard lock(mutex_);
  if (burials_.size() >= kMaxWaiting) return;
  burials_.emplace(id, tombstone_ttl);
  arrived_.notify_one();
}

void BurialQueue::look(std::string_view id) {
  if (!revoked_.contains(id)) return;
  const std::lock_guard lock(mutex_);
  if (looks_.size() >= kMaxWaiting) return;
  looks_.insert(*SessionId::fromBytes(id));
  arrived_.notify_one();
}

void BurialQueue::renew() {
  const std::lock_guard lock(mutex_);
  renewal_is_due_ = true;
  arrived_.notify_one();
}

void BurialQueue::run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "burials");
  std::unique_lock lock(mutex_);
  const auto something = [this] { return renewal_is_due_ || !burials_.empty() || !looks_.empty(); };
  while (arrived_.wait(lock, stop, something)) {
    const bool renews = std::exchange(renewal_is_due_, false);
    const Burials burials = std::exchange(burials_, {});
    const std::set<SessionId> looks = std::exchange(looks_, {});
    lock.unlock();
    const bool renewed = !renews || renewAll(stop);
    for (const auto& [id, ttl] : burials) {
      if (!stop.stop_requested()) buryAgain(store_, id, ttl, log_names_);
    }
    for (const SessionId& id : looks) {
      if (!stop.stop_requested()) lookAt(id);
    }
    lock.lock();
    if (renewed) continue;
    arrived_.wait_for(lock, stop, pause_, [] { return false; });
    renewal_is_due_ = true;
  }
}

void BurialQueue::lookAt(const SessionId& id) {
  const std::optional<std::chrono::seconds> ttl = revoked_.tombstoneOf(id.bytes());
  if (!ttl) return;
  SessionLoad load{.id = &id};
  store_.load({&load, 1});
  const bool is_there = load.result ? load.result->json.has_value() : load.result.error() == StoreError::kCorrupt;
  if (!is_there) return;
  resurrected_.add();
  // A tombstone that has ended begins anew: whoever wrote this copy may write it again.
  buryAgain(store_, id, std::max(*ttl, std::chrono::seconds(RevokedSessions::kMemory)), log_names_);
}

/// False: not all of it could be written.
bool BurialQueue::renewAll(const std::stop_token& stop) {
  std::uint64_t cursor = 0;
  bool all = true;
  while (!stop.stop_requested()) {
    std::optional<std::vector<SessionRevocation>> standing = revoked_.standing(cursor, kPage);
    if (!standing) break;
    std::vector<SessionRevocation>& page = *standing;
    bare_.revoke(page);
    const auto failed = [](const SessionRevocation& one) { return !one.result; };
    const auto failures = static_cast<std::size_t>(std::ranges::count_if(page, failed));
    if (failures > 0 && failures == page.size()) return false;
    // Of several servers one does not answer; the others must not wait for it.
    all = all && failures == 0;
    renewed_.add(page.size() - failures);
  }
  // Where this fails, so does the subscription, and the next one comes here again; and every login does the same.
  static_cast<void>(store_.raiseEpoch(0));
  return all;
}

}  // namespace sessiond
