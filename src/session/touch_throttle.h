// TouchThrottle: has this session been touched lately?
//
// A touch is a write to Redis, and a busy session is checked many times a second; so each is touched at most once an
// interval. What is kept is a fixed table of short hashes and times: no allocation, no lock, and the worst that a
// collision or an overfull table can do is one touch too many. Express keeps nothing of the kind and touches on
// every request; the key's time to live may lag behind Express's by at most one interval.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/clock.h"

namespace sessiond {

/// Thread-safe.
class TouchThrottle {
 public:
  /// `sessions`: how many active sessions it should remember; rounded up to a power of two, 8 bytes each.
  TouchThrottle(std::chrono::seconds interval, std::size_t sessions = 262144);

  struct Answer {
    bool due;
    SteadyTime next;                 ///< before then it is no use to ask again, unless the touch is forgotten
    std::chrono::milliseconds wait;  ///< between two touches of this session
  };
  /// Is a touch due? Then it is noted that it happens now: of many threads that ask at once for one session, one is
  /// told so. A session that lives shorter than ten intervals is touched ten times in its life.
  Answer ask(std::string_view id, std::chrono::seconds ttl, SteadyTime now);
  /// What ask() would say. Notes nothing.
  Answer look(std::string_view id, std::chrono::seconds ttl, SteadyTime now) const;
  /// Forgets that the session was touched: the touch did not reach the store.
  void forget(std::string_view id);

 private:
  static constexpr std::size_t kWays = 8;
  struct alignas(64) Bucket {
    std::atomic<std::uint64_t> slots[kWays];  // upper half: tag; lower half: tenths of a second; 0: empty
  };

  Bucket& bucketOf(std::uint64_t hash) const { return buckets_[hash & mask_]; }
  std::chrono::milliseconds waitOf(std::chrono::seconds ttl) const;

  const std::chrono::seconds interval_;
  std::size_t mask_;
  std::unique_ptr<Bucket[]> buckets_;
};

}  // namespace sessiond
