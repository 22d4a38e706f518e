// LateBurials: what a store did not take of the sessions that are to be buried, each until it is tried again by itself.
//
// Where several servers share the sessions and one of them is away, only what is there waits, the longer the more
// often it was in vain.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "session/session_id.h"

namespace sessiond {

/// One session, and what is to become of it.
struct BurialTask {
  enum class Kind : std::uint8_t {
    kRenew,  ///< its tombstone is written anew
    kBury,   ///< a copy was met
    kLook,   ///< there may be a copy
    kEnd,    ///< it should have ended, with all that goes with that
  };

  Kind kind = Kind::kLook;
  SessionId id;
  std::chrono::seconds ttl{};            ///< of the tombstone, of one that is buried
  std::chrono::seconds give_up_after{};  ///< of one that is to end: how long it is tried
  std::string_view why{};                ///< of one that is to end: the audit log's word, for good
  std::string user_id{};                 ///< of one that is to end: whose it has to be still; empty: anybody's
  std::chrono::milliseconds pause{};     ///< since it was tried before; 0: it was not

  bool isFirst() const { return pause.count() == 0; }
};

/// Of one thread.
class LateBurials {
 public:
  using Kind = BurialTask::Kind;
  /// `pause`: after the first try; `longest`: after any. `room`: for others than renewals.
  LateBurials(std::chrono::milliseconds pause, std::chrono::milliseconds longest, std::size_t room)
      : pause_(pause), longest_(longest), room_(room) {}

  /// It was tried in vain. One that waits already goes on doing so. Where there is no room it is left to the next one
  /// who meets the copy.
  void add(BurialTask task, SteadyTime now) {
    std::pair<Kind, SessionId> which(task.kind, task.id);
    if (const auto same = waiting_.find(which); same != waiting_.end()) {
      BurialTask& earlier = same->second.task;
      earlier.ttl = std::max(earlier.ttl, task.ttl);
      earlier.give_up_after = std::max(earlier.give_up_after, task.give_up_after);
      return;
    }
    const bool is_renewal = task.kind == Kind::kRenew;
    if (!is_renewal && others_ >= room_) return;
    others_ += is_renewal ? 0 : 1;
    task.pause = task.isFirst() ? pause_ : std::min(2 * task.pause, longest_);
    const SteadyTime due = now + task.pause;
    next_ = std::min(next_, due);
    waiting_.emplace(std::move(which), Waiting{.task = std::move(task), .due = due});
  }
  /// Those whose time has come.
  std::vector<BurialTask> take(SteadyTime now) {
    std::vector<BurialTask> due;
    if (now < next_) return due;
    next_ = SteadyTime::max();
    std::erase_if(waiting_, [&](const auto& one) {
      const auto& [task, its_time] = one.second;
      if (its_time > now) {
        next_ = std::min(next_, its_time);
        return false;
      }
      others_ -= task.kind == Kind::kRenew ? 0 : 1;
      due.push_back(task);
      return true;
    });
    return due;
  }
  /// All renewals are begun anew.
  void dropRenewals() {
    std::erase_if(waiting_, [](const auto& one) { return one.first.first == Kind::kRenew; });
  }
  /// None is due before; SteadyTime::max(): there is none.
  SteadyTime next() const { return next_; }
  std::size_t size() const { return waiting_.size(); }

 private:
  struct Waiting {
    BurialTask task;
    SteadyTime due;
  };

  const std::chrono::milliseconds pause_;
  const std::chrono::milliseconds longest_;
  const std::size_t room_;
  std::map<std::pair<Kind, SessionId>, Waiting> waiting_;
  std::size_t others_ = 0;  ///< than renewals
  SteadyTime next_ = SteadyTime::max();
};

}  // namespace sessiond
