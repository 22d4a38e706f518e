// LoginEpoch: how often everybody has been logged out at once, which takes no time in proportion to what exists.
//
// A counter in the store. A login keeps in its session what it was before (`_sd.epoch`), and a session that has a
// smaller one is refused. A counter, because the clocks of two machines differ. Sessions that applications made keep
// none; who logs everybody out has to look for those.
//
// The greatest that this process has ever seen of one counter counts: a server that took over may lack the last step,
// and somebody may have deleted the key. It is written back (SessionStore::raiseEpoch). So what was seen of another
// counter, which a reload leads to, must not be told to this one: that would end logins that nobody meant, for good.

#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <map>
#include <string>

#include "base/guarded.h"

namespace sessiond {

/// Thread-safe.
class LoginEpoch {
 public:
  /// Of a session that no login here has made: no epoch is later.
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  /// What the store's counter can be.
  static constexpr std::uint32_t kMost = kNone - 1;

  /// The store says `stored`. What counts.
  std::uint64_t note(std::uint64_t stored) {
    std::uint64_t seen = seen_.load(std::memory_order_relaxed);
    while (seen < stored && !seen_.compare_exchange_weak(seen, stored, std::memory_order_acq_rel)) {
    }
    return seen < stored ? stored : seen;
  }
  std::uint64_t seen() const { return seen_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::uint64_t> seen_ = 0;
};

/// Of each counter apart. Thread-safe.
class LoginEpochs {
 public:
  /// `where` names the counter. What comes back lives as long as this, and is always the same.
  LoginEpoch& at(const std::string& where) { return (*epochs_.lock())[where]; }

 private:
  Guarded<std::map<std::string, LoginEpoch>> epochs_;
};

}  // namespace sessiond
