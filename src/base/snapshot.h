// Snapshot<T>: one immutable value that many threads read and one thread replaces (the configuration in force).
//
// Readers pay one relaxed-cost atomic load in the common case: each thread keeps its own reference and renews it
// only when the generation has moved on. An old value lives until its last reader has let go of it.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/guarded.h"

namespace sessiond {

/// Thread-safe.
template <typename T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<T> first) : current_(std::move(first)) {}

  /// A reader's own reference; one a thread, not shared.
  class Reader {
   public:
    explicit Reader(Snapshot& snapshot) : snapshot_(&snapshot) {}
    /// The value in force. The reference stays good until this reader's next call.
    const std::shared_ptr<T>& current() {
      const std::uint64_t generation = snapshot_->generation_.load(std::memory_order_acquire);
      if (generation != seen_) {
        seen_ = generation;
        held_ = *snapshot_->current_.lock();
      }
      return held_;
    }

   private:
    Snapshot* snapshot_;
    std::uint64_t seen_ = 0;
    std::shared_ptr<T> held_;
  };

  void replace(std::shared_ptr<T> next) {
    std::swap(*current_.lock(), next);
    generation_.fetch_add(1, std::memory_order_release);
  }

 private:
  std::atomic<std::uint64_t> generation_ = 1;
  Guarded<std::shared_ptr<T>> current_;
};

}  // namespace sessiond
