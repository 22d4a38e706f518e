// CacheTrust: may what is in memory be believed right now?
//
// The in-process cache is kept true by invalidations that Redis sends over one subscription. Whoever listens there
// proves again and again that the subscription lives: a PONG says that every invalidation sent before its PING has
// arrived. So the proof counts from the moment the PING was sent. When the last proof is older than max_staleness,
// nothing in memory is believed until the next one; that is the promise "a revoked session is refused within
// max_staleness always". When the subscription is lost, invalidations are lost with it: a new epoch begins, in which
// nothing of the old one counts.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace sessiond {

/// Thread-safe. One thread (the listener) establishes, proves and withdraws; all others ask.
class CacheTrust {
 public:
  explicit CacheTrust(std::chrono::milliseconds max_staleness) : max_staleness_(max_staleness) {}

  /// A new subscription stands; it was known to stand at `when`. Begins a new epoch.
  void establish(SteadyTime when) {
    epoch_.fetch_add(1, std::memory_order_acq_rel);
    proven_.store(ticks(when), std::memory_order_release);
  }
  /// Every invalidation sent before `when` has been carried out.
  void prove(SteadyTime when) { proven_.store(ticks(when), std::memory_order_release); }
  /// The subscription is lost.
  void withdraw() {
    proven_.store(kNever, std::memory_order_release);
    epoch_.fetch_add(1, std::memory_order_acq_rel);
  }

  bool holds(SteadyTime now) const {
    const std::int64_t proven = proven_.load(std::memory_order_acquire);
    return proven != kNever && ticks(now) - proven <= ticks(SteadyTime(max_staleness_));
  }
  /// Changes with every establish() and withdraw().
  std::uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }

 private:
  static constexpr std::int64_t kNever = INT64_MIN;
  static std::int64_t ticks(SteadyTime time) { return time.time_since_epoch().count(); }

  const std::chrono::milliseconds max_staleness_;
  std::atomic<std::int64_t> proven_ = kNever;
  std::atomic<std::uint64_t> epoch_ = 0;
};

}  // namespace sessiond
