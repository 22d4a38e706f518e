// Who has waited enough, of session_loader.h.

#include <algorithm>
#include <utility>

#include "session/session_loader.h"

namespace sessiond {
namespace {

/// Waiters of one batch whose deadlines are this close are expired together.
constexpr std::chrono::milliseconds kTogether{20};

/// By so much that it is worth a moment of its own.
bool isBefore(SteadyTime first, SteadyTime last) {
  return first < last && last - first > kTogether;
}

/// Those who may not wait any more go over.
template <typename Wants, typename MayWait, typename Want>
void leave(Wants& wants, const MayWait& may_wait, std::vector<Want*>& over) {
  const auto first = std::stable_partition(wants.begin(), wants.end(), may_wait);
  over.insert(over.end(), first, wants.end());
  wants.erase(first, wants.end());
}

}  // namespace

/// Of somebody who gathers behind a batch: their time may be over before it is.
void SessionLoader::watch(SteadyTime arrived) {
  if (!isBefore(deadlineOf(arrived), pending_.lastDeadline())) return;
  expires_at_ = std::min(expires_at_, deadlineOf(arrived));
  waitForTime();
}

/// Who has to be told first, if that is before the batch ends. Beside other batches, those who wait for them count too.
void SessionLoader::noteExpiry(SteadyTime first, SteadyTime last) {
  const SteadyTime before = pending_.any() ? expires_at_ : SteadyTime::max();
  expires_at_ = isBefore(first, last) || pending_.any() ? std::min(before, first) : before;
}

/// Those who have waited enough go on without an answer. What comes is still of use: it is kept, and a touch that
/// arrives has arrived.
void SessionLoader::expire(SteadyTime now) {
  std::vector<SessionWant*> loads;
  std::vector<TouchWant*> touches;
  expires_at_ = SteadyTime::max();
  const auto is_over = [&](SteadyTime arrived) {
    const SteadyTime deadline = deadlineOf(arrived);
    if (deadline > now) expires_at_ = std::min(expires_at_, deadline);
    return deadline <= now;
  };
  for (PendingBatch& pending : pending_.all()) {
    if (pending.under_way) expirePending(pending, is_over, loads, touches);
  }
  const auto may_wait = [&](const auto* want) { return !is_over(want->arrived); };
  for (AskedSession& one : gathering_) leave(one.wants, may_wait, loads);
  gathering_.removeIf([](const AskedSession& one) { return one.wants.empty(); });
  const std::size_t sent = touches.size();
  leave(touches_, may_wait, touches);
  // The throttle takes them for made.
  for (std::size_t i = sent; i < touches.size(); ++i) {
    const TouchWant& want = *touches[i];
    parts_.metrics.touches_failed.add();
    keepLate({.id = &want.id, .ttl = want.ttl, .ends = want.ends}, now + want.ttl, now);
  }
  for (SessionWant* want : loads) client_.loaded(*want);
  for (TouchWant* want : touches) client_.touched(*want);
}

template <typename IsOver>
void SessionLoader::expirePending(PendingBatch& pending, const IsOver& is_over, std::vector<SessionWant*>& loads,
                                  std::vector<TouchWant*>& touches) {
  const auto may_wait = [&](const auto* want) { return !is_over(want->arrived); };
  for (std::size_t i = 0; i < pending.asked.size(); ++i) {
    AskedSession& one = pending.asked[i];
    if (one.wants.empty()) continue;
    const SessionId* const named = pending.batch.loads[i].id;
    const auto namer = std::ranges::find_if(one.wants, [named](const auto* want) { return want->id == named; });
    if (namer != one.wants.end() && is_over((*namer)->arrived)) pending.batch.loads[i].id = &one.id.emplace(*named);
    leave(one.wants, may_wait, loads);
  }
  for (Touching& one : pending.touching) {
    if (one.want == nullptr || !is_over(one.want->arrived)) continue;
    touches.push_back(std::exchange(one.want, nullptr));
  }
}

}  // namespace sessiond
