// VisitMemory: which users came from which networks that they had logged in from before, for a lane that has to say at
// once who is kept a place when many try to log in.
//
// It knows what passed this gate since it began, and of what shares a slot the latest; the store alone knows the rest.
// A visit that it has forgotten waits with all others. One that it takes for another, or whose thirty days are over,
// takes a place that was kept, and no more: how often one may try is never decided here.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace sessiond {

/// Thread-safe. Never waits, and takes all its memory, 256 KiB, at the beginning.
class VisitMemory {
 public:
  static constexpr std::size_t kSlots = 32 * 1024;

  /// `visit`: a keyed hash, so that nobody outside knows which visits share a slot.
  void note(const std::string& visit) {
    const std::uint64_t hash = hashOf(visit);
    slots_[hash % kSlots].store(hash, std::memory_order_relaxed);
  }
  bool contains(const std::string& visit) const {
    const std::uint64_t hash = hashOf(visit);
    return slots_[hash % kSlots].load(std::memory_order_relaxed) == hash;
  }

 private:
  static std::uint64_t hashOf(const std::string& visit) { return std::hash<std::string>{}(visit); }

  std::vector<std::atomic<std::uint64_t>> slots_ = std::vector<std::atomic<std::uint64_t>>(kSlots);
};

}  // namespace sessiond
