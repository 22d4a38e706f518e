// LiveCaches: the caches of every configuration that still answers. While a reload's old application finishes what it
// has begun, a logout may be answered by it and the next check by the new one, whose cache must know.

#pragma once

#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "session/session_cache.h"

namespace sessiond {

/// Thread-safe.
class LiveCaches {
 public:
  /// One cache, as long as this lives.
  class Membership {
   public:
    Membership(LiveCaches& all, SessionCache& cache) : all_(all), cache_(cache) {
      all_.caches_.lock()->push_back(&cache_);
    }
    ~Membership() { std::erase(*all_.caches_.lock(), &cache_); }
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;

   private:
    LiveCaches& all_;
    SessionCache& cache_;
  };

  /// See SessionCache::invalidate().
  void invalidate(std::string_view id, SteadyTime now) {
    auto caches = caches_.lock();
    for (SessionCache* const cache : *caches) cache->invalidate(id, now);
  }

 private:
  Guarded<std::vector<SessionCache*>> caches_;
};

}  // namespace sessiond
