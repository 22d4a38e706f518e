// LateTouches: touches that did not reach the store, kept until it answers again.
//
// Without them, a session that was used once while Redis was away for a moment would end as if it had not been used.
// A late touch knows when the key's life was to end, and is only carried out if it still ends then.
//
// Where several servers share the sessions, those that failed together wait together (LaneStore::Group): one server
// that is away for long keeps no touch of another one waiting, nor takes the room for it.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "session/lane_store.h"
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

  /// Of which group it was when it failed: it need not be of the same one any more when it is taken. Where there is no
  /// room, the group that has the most loses its oldest; false: that is this one, and the touch is not kept.
  [[nodiscard]] bool add(LateTouch touch, LaneStore::Group group) {
    auto waiting = waiting_.lock();
    if (waiting->size >= capacity_ && !makeRoom(*waiting, group)) return false;
    waiting->groups[group].push_back(std::move(touch));
    ++waiting->size;
    return true;
  }
  /// Up to `limit` of the oldest of each group, with what is left of their lives. What has ended meanwhile, or would
  /// give no whole second, is dropped.
  std::vector<LateTouch> take(std::size_t limit, SteadyTime now) {
    std::vector<LateTouch> taken;
    auto waiting = waiting_.lock();
    for (auto& [group, touches] : waiting->groups) {
      const std::size_t most = taken.size() + limit;
      while (!touches.empty() && taken.size() < most) {
        LateTouch touch = std::move(touches.front());
        touches.pop_front();
        --waiting->size;
        touch.ttl = std::chrono::floor<std::chrono::seconds>(touch.until - now);
        if (touch.ends > now && touch.ttl.count() > 0) taken.push_back(std::move(touch));
      }
    }
    std::erase_if(waiting->groups, [](const auto& one) { return one.second.empty(); });
    return taken;
  }
  bool empty() { return waiting_.lock()->size == 0; }

 private:
  struct Waiting {
    std::map<LaneStore::Group, std::deque<LateTouch>> groups;  ///< none is empty
    std::size_t size = 0;                                      ///< of all
  };

  static bool makeRoom(Waiting& waiting, LaneStore::Group group) {
    const auto most = std::ranges::max_element(waiting.groups, {}, [](const auto& one) { return one.second.size(); });
    const auto own = waiting.groups.find(group);
    const std::size_t has = own == waiting.groups.end() ? 0 : own->second.size();
    if (most == waiting.groups.end() || most->second.size() <= has + 1) return false;
    most->second.pop_front();
    --waiting.size;
    return true;
  }

  const std::size_t capacity_;
  Guarded<Waiting> waiting_;
};

}  // namespace sessiond
