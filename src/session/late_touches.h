// LateTouches: touches that did not reach the store, kept until it answers again.
//
// Without them, a session that was used once while Redis was away for a moment would end as if it had not been used.
// A late touch knows when the key's life was to end, and is only carried out if it still ends then.

#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "session/session_id.h"

namespace sessiond {

struct LateTouch {
  SessionId id;
  std::chrono::seconds ttl{};
  SteadyTime until;  ///< when the life was to end that this touch would have given
  SteadyTime ends;   ///< see KeyTouch
};

/// Thread-safe. The lanes of a site share it.
class LateTouches {
 public:
  explicit LateTouches(std::size_t capacity = 4096) : capacity_(capacity) {}

  /// False: there is no room.
  [[nodiscard]] bool add(LateTouch touch) {
    auto waiting = waiting_.lock();
    if (waiting->size() >= capacity_) return false;
    waiting->push_back(std::move(touch));
    return true;
  }
  /// Up to `limit` of the oldest, with what is left of their lives. What has ended meanwhile, or would give no whole
  /// second, is dropped.
  std::vector<LateTouch> take(std::size_t limit, SteadyTime now) {
    std::vector<LateTouch> taken;
    auto waiting = waiting_.lock();
    while (!waiting->empty() && taken.size() < limit) {
      LateTouch touch = std::move(waiting->front());
      waiting->pop_front();
      touch.ttl = std::chrono::floor<std::chrono::seconds>(touch.until - now);
      if (touch.ends > now && touch.ttl.count() > 0) taken.push_back(std::move(touch));
    }
    return taken;
  }
  bool empty() { return waiting_.lock()->empty(); }

 private:
  const std::size_t capacity_;
  Guarded<std::deque<LateTouch>> waiting_;
};

}  // namespace sessiond
