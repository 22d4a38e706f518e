// CacheFlight: one load of one session that is on its way, and those who wait for it instead of asking Redis too.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "session/facts_source.h"

namespace sessiond {

/// Thread-safe.
class CacheFlight {
 public:
  explicit CacheFlight(std::uint64_t epoch) : epoch_(epoch) {}

  std::uint64_t epoch() const { return epoch_; }

  /// The load has ended. `current`: nothing has told since that the answer may be out of date.
  void land(const FoundSession& found, bool current) {
    {
      const std::lock_guard lock(mutex_);
      landed_ = true;
      if (current) found_ = found;
    }
    changed_.notify_all();
  }

  /// Waits for the landing; nullopt when the answer is out of date or did not come in time: ask Redis oneself.
  std::optional<FoundSession> wait(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [this] { return landed_; });
    return found_;
  }

 private:
  const std::uint64_t epoch_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool landed_ = false;                // guarded by mutex_
  std::optional<FoundSession> found_;  // guarded by mutex_
};

}  // namespace sessiond
