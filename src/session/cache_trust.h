// CacheTrust: may what is in memory be believed right now?
//
// The in-process cache is kept true by invalidations that Redis sends over one subscription. Whoever listens there
// proves again and again that the subscription lives and that whatever was changed before a certain moment has been
// told of. When the last proof is older than max_staleness, nothing in memory is believed until the next one; that is
// the promise "a revoked session is refused within max_staleness always".
//
// Each subscription is an era of its own, and so is the time between two of them. What was loaded in one era is
// believed by that era's proofs alone. So a lost subscription ends nothing at once: what it proved last counts until
// it is max_staleness old, as if the server had merely fallen silent, and no proof of a later subscription, which knows
// nothing of what was told in between, makes it count again. distrust() ends everything before it at once.
//
// Where several servers share the sessions, each is a realm of its own (trust_realms.h), and an era tells whose it
// is.

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

#include "base/clock.h"

namespace sessiond {

/// Thread-safe. Asking takes no lock.
class CacheTrust {
 public:
  using Era = std::uint32_t;

  /// 0 where there is but one.
  using Realm = std::uint8_t;
  static constexpr Realm realmOf(Era era) { return static_cast<Realm>(era >> kCountBits); }

  explicit CacheTrust(std::chrono::milliseconds max_staleness, Realm realm = 0)
      : max_staleness_(max_staleness), first_(static_cast<Era>(realm) << kCountBits), era_(first_) {
    for (auto& proven : proven_) proven.store(kNever, std::memory_order_relaxed);
  }

  /// A subscription is lost, or a new one stands: an era begins, without any proof yet.
  Era beginEra() {
    const std::lock_guard lock(mutex_);
    return begin();
  }
  /// The same, and nothing of the eras before is believed any more: all keys have gone, or they are not the same
  /// server's.
  Era distrust() {
    const std::lock_guard lock(mutex_);
    first_believed_.store(next(), std::memory_order_release);
    return begin();
  }
  /// Everything that was changed before `when` has been told of and carried out. Of no use when `of` is over.
  void prove(Era of, SteadyTime when) {
    const std::lock_guard lock(mutex_);
    std::atomic<SteadyTime::rep>& proven = proven_[of % kRemembered];
    if (of == era() && ticks(when) > proven.load(std::memory_order_relaxed)) {
      proven.store(ticks(when), std::memory_order_release);
    }
  }

  /// Is the present era proven?
  bool holds(SteadyTime now) const { return believes(era(), now); }
  /// Is what was loaded in this era to be believed, if nothing has told otherwise?
  bool believes(Era of, SteadyTime now) const {
    if (of < first_believed_.load(std::memory_order_acquire)) return false;
    const SteadyTime::rep proven = proven_[of % kRemembered].load(std::memory_order_acquire);
    // Only now, so that the place can have been another era's only if this one is long over.
    if (era() - of >= kRemembered) return false;
    return proven != kNever && ticks(now) - proven <= ticks(SteadyTime(max_staleness_));
  }
  Era era() const { return era_.load(std::memory_order_acquire); }
  std::chrono::milliseconds maxStaleness() const { return max_staleness_; }

 private:
  /// Proofs of more eras than that are not kept: who loses so many subscriptions within max_staleness has no use for
  /// them.
  static constexpr Era kRemembered = 16;
  static constexpr SteadyTime::rep kNever = INT64_MIN;
  static constexpr unsigned kCountBits = 24;
  static SteadyTime::rep ticks(SteadyTime time) { return time.time_since_epoch().count(); }

  /// After the last one comes the first again, of which nothing can be left in memory.
  Era next() const {
    const Era following = era() + 1;
    return realmOf(following) == realmOf(first_) ? following : first_;
  }
  Era begin() {
    const Era beginning = next();
    if (beginning == first_) first_believed_.store(first_, std::memory_order_release);
    // Before the era is, so that no proof of another one is taken for its own.
    proven_[beginning % kRemembered].store(kNever, std::memory_order_release);
    era_.store(beginning, std::memory_order_release);
    return beginning;
  }

  const std::chrono::milliseconds max_staleness_;
  const Era first_;
  std::mutex mutex_;  // held by whoever changes something
  std::array<std::atomic<SteadyTime::rep>, kRemembered> proven_;
  std::atomic<Era> era_;
  std::atomic<Era> first_believed_ = 0;
};

}  // namespace sessiond
