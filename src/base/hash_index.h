// HashIndex: from a keyed 64-bit hash to the object that has it, for tables so large that no part of them is in a
// processor's cache.
//
// A look-up costs one cache line and reads no object: the hash stands beside the pointer. Linear probing in a table
// of a power of two, at most 7/10 full; what is erased leaves no mark, the entries behind it move up.
//
// Measured with a million entries (g++ 12 -O2, jemalloc with huge pages): 34 bytes each and 164 ns a look-up; with
// absl::flat_hash_map 42 and 244, with std::unordered_map, where a look-up goes from bucket to node, 45 and 466.
//
// What is going to be read together with the object, its *companion*, may stand in the slot as well: then both come
// from memory at the same time, not one after the other.
//
// Two objects of one hash cannot both be here; with 64 keyed bits (keyed_hash.h) its users can do without the older.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/heap_bytes.h"

namespace sessiond {

template <typename T, typename Companion>
struct HashSlot {
  std::uint64_t hash = 0;
  T* object = nullptr;  ///< nullptr: free
  const Companion* companion = nullptr;
};
template <typename T>
struct HashSlot<T, void> {
  std::uint64_t hash = 0;
  T* object = nullptr;
};

/// Not thread-safe, but for prefetch(); does not own the objects. Takes the hash's lower bits: who spreads objects over
/// several tables does it by the upper ones. Companion: has a prefetch(), or is void.
template <typename T, typename Companion = void>
class HashIndex {
 public:
  using Slot = HashSlot<T, Companion>;

  /// nullptr: none. Does not wait for its companion.
  T* find(std::uint64_t hash) const {
    if (size_ == 0) return nullptr;
    const Slot& slot = slots_[slotOf(hash)];
    if constexpr (!std::is_void_v<Companion>) {
      if (slot.companion != nullptr) slot.companion->prefetch();
    }
    return slot.object;
  }

  /// Asks the processor for the slot where find() begins. Any thread may, at any time: where the table has just grown,
  /// it was of no use.
  void prefetch(std::uint64_t hash) const {
    const std::uintptr_t slots = shown_slots_.load(std::memory_order_relaxed);
    const std::uintptr_t at = (hash & shown_mask_.load(std::memory_order_relaxed)) * sizeof(Slot);
    __builtin_prefetch(reinterpret_cast<const void*>(slots + at));  // NOLINT(performance-no-int-to-ptr): of any address
  }

  /// REQUIRES: no object of that hash is here.
  void insert(Slot next) {
    if ((size_ + 1) * 10 > capacity_ * 7) grow();
    Slot& slot = slots_[slotOf(next.hash)];
    SESSIOND_CHECK(slot.object == nullptr);
    slot = next;
    ++size_;
  }
  /// Its object has another one. REQUIRES: an object of that hash is here.
  void setCompanion(std::uint64_t hash, const Companion* companion) { slots_[slotOf(hash)].companion = companion; }

  /// REQUIRES: an object of that hash is here.
  void erase(std::uint64_t hash) {
    SESSIOND_CHECK(size_ > 0);
    std::size_t hole = slotOf(hash);
    SESSIOND_CHECK(slots_[hole].object != nullptr);
    for (std::size_t at = after(hole); slots_[at].object != nullptr; at = after(at)) {
      // It may move into the hole unless its search begins behind the hole.
      const std::size_t from_home = (at - slots_[at].hash) & (capacity_ - 1);
      const std::size_t from_hole = (at - hole) & (capacity_ - 1);
      if (from_home < from_hole) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = {};
    --size_;
  }

  /// Forgets everything and gives its memory back.
  void clear() {
    slots_.reset();
    size_ = capacity_ = 0;
    show();
  }

  std::size_t size() const { return size_; }
  /// On the heap.
  std::size_t bytes() const { return capacity_ == 0 ? 0 : heapBytes(capacity_ * sizeof(Slot)); }

 private:
  static constexpr std::size_t kSmallest = 16;

  std::size_t after(std::size_t at) const { return (at + 1) & (capacity_ - 1); }

  /// Where the hash stands, or the free slot where it would.
  std::size_t slotOf(std::uint64_t hash) const {
    std::size_t at = hash & (capacity_ - 1);
    while (slots_[at].object != nullptr && slots_[at].hash != hash) at = after(at);
    return at;
  }

  void grow() {
    const std::size_t old_capacity = capacity_;
    capacity_ = old_capacity == 0 ? kSmallest : old_capacity * 2;
    const std::unique_ptr<Slot[]> old = std::exchange(slots_, std::make_unique<Slot[]>(capacity_));
    for (std::size_t i = 0; i < old_capacity; ++i) {
      if (old[i].object != nullptr) slots_[slotOf(old[i].hash)] = old[i];
    }
    show();
  }

  void show() {
    shown_slots_.store(reinterpret_cast<std::uintptr_t>(slots_.get()), std::memory_order_relaxed);
    shown_mask_.store(capacity_ == 0 ? 0 : capacity_ - 1, std::memory_order_relaxed);
  }

  std::unique_ptr<Slot[]> slots_;
  std::size_t capacity_ = 0;  ///< 0 or a power of two
  std::size_t size_ = 0;
  // For prefetch().
  std::atomic<std::uintptr_t> shown_slots_ = 0;
  std::atomic<std::size_t> shown_mask_ = 0;
};

}  // namespace sessiond
