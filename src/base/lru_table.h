// LruTable: objects by their hash, bounded by number and bytes; the least recently used go first.
//
// Made for millions of objects that are hardly ever in a processor's cache: a look-up touches one line of the index
// and the object itself. That an object was used is noted only when it matters (see use()).
//
// Measured with a million objects of 64 bytes: 98 bytes each, 140 ns a look-up that reads the object, 1.3 us to put
// another in the place of one; with std::list and absl::flat_hash_map 234 bytes, 344 ns and 2.3 us. Links of its own
// and not IntrusiveList's, whose flag would make an entry of the cache larger than a line.

#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "base/hash_index.h"
#include "base/slab.h"

namespace sessiond {

/// What an object in an LruTable derives from; the table's own business.
template <typename T>
struct LruLinks {
  std::uint64_t hash = 0;
  std::uint64_t linked_at = 0;  ///< how many objects had been added when it was last made the newest
  T* newer = nullptr;
  T* older = nullptr;
};

/// Not thread-safe, but for prefetch(). T derives from LruLinks<T> and has heapBytes(): what it owns on the heap, the
/// same as long as it is here. With a Companion (hash_index.h) it has companion() as well, which stays the same too.
template <typename T, typename Companion = void>
class LruTable {
 public:
  LruTable() = default;
  LruTable(const LruTable&) = delete;
  LruTable& operator=(const LruTable&) = delete;
  ~LruTable() { clear(); }

  /// The object of this hash; nullptr: none. A look-up alone is no use of it.
  T* find(std::uint64_t hash) const { return index_.find(hash); }
  /// As HashIndex::prefetch().
  void prefetch(std::uint64_t hash) const { index_.prefetch(hash); }

  /// REQUIRES: no object of this hash is here.
  void add(std::uint64_t hash, T object) {
    object.hash = hash;
    T& added = *slab_.make(std::move(object));
    if constexpr (std::is_void_v<Companion>) {
      index_.insert({.hash = hash, .object = &added});
    } else {
      index_.insert({.hash = hash, .object = &added, .companion = added.companion()});
    }
    ++additions_;
    link(added);
    owned_bytes_ += added.heapBytes();
  }

  /// Puts `next` in the place of `object`: that is a use of it.
  void replace(T& object, T next) {
    owned_bytes_ -= object.heapBytes();
    static_cast<LruLinks<T>&>(next) = object;
    object = std::move(next);
    owned_bytes_ += object.heapBytes();
    if constexpr (!std::is_void_v<Companion>) index_.setCompanion(object.hash, object.companion());
    use(object);
  }

  void remove(T& object) {
    unlink(object);
    owned_bytes_ -= object.heapBytes();
    index_.erase(object.hash);
    slab_.destroy(&object);
  }

  /// Makes it the newest, but only when so many have been added since it was that its place matters: moving it
  /// touches three other objects, which are in nobody's processor cache.
  void use(T& object) {
    constexpr std::uint64_t kPart = 8;
    if ((additions_ - object.linked_at) * kPart < size()) return;
    unlink(object);
    link(object);
  }

  void evictBeyond(std::size_t max_entries, std::size_t max_bytes) {
    while (oldest_ != nullptr && (size() > max_entries || bytes() > max_bytes)) {
      remove(*oldest_);
      ++evictions_;
    }
    if (bytes() > max_bytes) clear();
  }

  /// Removes everything and gives the memory back.
  void clear() {
    while (oldest_ != nullptr) {
      T* const object = std::exchange(oldest_, oldest_->newer);
      slab_.destroy(object);
    }
    newest_ = nullptr;
    index_.clear();
    slab_.clear();
    owned_bytes_ = 0;
  }

  /// From the newest to the oldest. `look` changes nothing here.
  template <typename Look>
  void forEach(const Look& look) const {
    for (const T* object = newest_; object != nullptr; object = object->older) look(*object);
  }

  std::size_t size() const { return index_.size(); }
  /// On the heap: the objects with what they own, and the table itself.
  std::size_t bytes() const { return owned_bytes_ + index_.bytes() + slab_.bytes(); }
  std::uint64_t evictions() const { return evictions_; }

 private:
  void link(T& object) {
    object.linked_at = additions_;
    object.newer = nullptr;
    object.older = newest_;
    (newest_ != nullptr ? newest_->newer : oldest_) = &object;
    newest_ = &object;
  }
  void unlink(T& object) {
    (object.newer != nullptr ? object.newer->older : newest_) = object.older;
    (object.older != nullptr ? object.older->newer : oldest_) = object.newer;
  }

  HashIndex<T, Companion> index_;
  Slab<T> slab_;
  T* newest_ = nullptr;
  T* oldest_ = nullptr;
  std::size_t owned_bytes_ = 0;
  std::uint64_t additions_ = 0;
  std::uint64_t evictions_ = 0;
};

}  // namespace sessiond
