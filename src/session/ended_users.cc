#include "session/ended_users.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/named_thread.h"

namespace sessiond {

using std::chrono::milliseconds;

static_assert(UserSessionIndex::kEndedLately / 2 > EndedUsers::kLongestRest, "or each look would come too late");

EndedUsers::EndedUsers(const SessionCache& cache, IndexWriter& index, const Clock& clock, milliseconds interval)
    : cache_(cache),
      index_(index),
      clock_(clock),
      interval_(interval),
      looked_(clock.steadyNow()),
      thread_(startThread("ended", [this](const std::stop_token& stop) { run(stop); })) {}

EndedUsers::~EndedUsers() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void EndedUsers::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    milliseconds walk{0};
    try {
      walk = look();
    } catch (const std::bad_alloc&) {
      index_.mayBeLost();
    }
    sleepFor(std::clamp(kRests * walk, interval_, std::max<milliseconds>(interval_, kLongestRest)), stop);
  }
}

/// How long it went through the memory.
milliseconds EndedUsers::look() {
  const SteadyTime now = clock_.steadyNow();
  const auto users = index_.endedLately(kMost);
  if (!users) return milliseconds(0);
  UserIds new_ones;
  for (const EndedUser& user : *users)
    if (!seen_.contains(user)) new_ones.insert(user.user_id);
  const bool all_are_told = users->size() < kMost || seen_.contains(users->back());
  if (!all_are_told || now - looked_ > UserSessionIndex::kEndedLately / 2) index_.mayBeLost();
  seen_ = std::set<EndedUser>(users->begin(), users->end());
  const SteadyTime before = std::exchange(looked_, now);
  if (new_ones.empty()) return milliseconds(0);
  const SteadyTime begun = SteadyClock::now();
  for (const SessionRef& session : cache_.allOf(new_ones)) index_.noteAnew(*session, before);
  return std::chrono::ceil<milliseconds>(SteadyClock::now() - begun);
}

}  // namespace sessiond
