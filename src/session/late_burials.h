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
struct BurialErrand {
  enum class Kind : std::uint8_t {
    kRenew,  ///< its tombstone is written anew
    kBury,   ///< a copy was met
    kLook,   ///< there may be a copy
    kEnd,    ///< it should have ended, with all that goes with that
  };

  Kind kind = Kind::kLook;
  SessionId id;
  std::chrono::seconds ttl{};         ///< of the tombstone, of one that is buried; how long one that is to end is tried
  std::string_view why{};             ///< of one that is to end: the audit log's word, for good
  std::string user_id{};              ///< of one that is to end: whose it has to be still; empty: anybody's
  std::chrono::milliseconds pause{};  ///< since it was tried before; 0: it was not

  bool isFirst() const { return pause.count() == 0; }
};

/// Of one thread.
class LateBurials {
 public:
  using Kind = BurialErrand::Kind;
  /// `pause`: after the first try; `longest`: after any. `room`: for others than renewals.
  LateBurials(std::chrono::milliseconds pause, std::chrono::milliseconds longest, std::size_t room)
      : pause_(pause), longest_(longest), room_(room) {}

  /// It was tried in vain. One that waits already goes on doing so. Where there is no room it is left to the next one
  /// who meets the copy.
  void add(BurialErrand errand, SteadyTime now) {
    const auto waiting = errands_.find({errand.kind, errand.id});
    if (waiting != errands_.end()) {
      waiting->second.ttl = std::max(waiting->second.ttl, errand.ttl);
      return;
    }
    const bool is_renewal = errand.kind == Kind::kRenew;
    if (!is_renewal && others_ >= room_) return;
    others_ += is_renewal ? 0 : 1;
    const auto pause = errand.isFirst() ? pause_ : std::min(2 * errand.pause, longest_);
    next_ = std::min(next_, now + pause);
    errands_.emplace(std::pair(errand.kind, std::move(errand.id)), Waiting{.ttl = errand.ttl,
                                                                           .why = errand.why,
                                                                           .user_id = std::move(errand.user_id),
                                                                           .pause = pause,
                                                                           .due = now + pause});
  }
  /// Those whose time has come.
  std::vector<BurialErrand> take(SteadyTime now) {
    std::vector<BurialErrand> due;
    if (now < next_) return due;
    next_ = SteadyTime::max();
    std::erase_if(errands_, [&](const auto& one) {
      const auto& [what, waiting] = one;
      if (waiting.due > now) {
        next_ = std::min(next_, waiting.due);
        return false;
      }
      others_ -= what.first == Kind::kRenew ? 0 : 1;
      due.push_back({.kind = what.first,
                     .id = what.second,
                     .ttl = waiting.ttl,
                     .why = waiting.why,
                     .user_id = waiting.user_id,
                     .pause = waiting.pause});
      return true;
    });
    return due;
  }
  /// All renewals are begun anew.
  void dropRenewals() {
    std::erase_if(errands_, [](const auto& one) { return one.first.first == Kind::kRenew; });
  }
  /// No errand is due before; SteadyTime::max(): there is none.
  SteadyTime next() const { return next_; }
  std::size_t size() const { return errands_.size(); }

 private:
  struct Waiting {
    std::chrono::seconds ttl;
    std::string_view why;
    std::string user_id;
    std::chrono::milliseconds pause;
    SteadyTime due;
  };

  const std::chrono::milliseconds pause_;
  const std::chrono::milliseconds longest_;
  const std::size_t room_;
  std::map<std::pair<Kind, SessionId>, Waiting> errands_;
  std::size_t others_ = 0;  ///< than renewals
  SteadyTime next_ = SteadyTime::max();
};

}  // namespace sessiond
