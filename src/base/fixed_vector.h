// FixedVector: a vector of a few elements at most, which lie in the vector itself, so that it allocates nothing.
//
// To make one of two elements of a hundred bytes, move it and end it takes 142 instructions (g++ 12 -O2); std::vector
// 556; boost::container::static_vector 140, for which every build would install 138 MB of headers.

#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "base/check.h"

namespace sessiond {

/// Not thread-safe. Only the elements that are there are constructed and, when it is moved, moved.
template <typename T, std::size_t kCapacity>
class FixedVector {
 public:
  FixedVector() = default;
  FixedVector(FixedVector&& other) noexcept {
    static_assert(std::is_nothrow_move_constructible_v<T>);
    for (T& element : other) emplace_back(std::move(element));
    other.clear();
  }
  FixedVector(const FixedVector&) = delete;
  FixedVector& operator=(const FixedVector&) = delete;
  ~FixedVector() { clear(); }

  /// REQUIRES: size() < kCapacity.
  template <typename... Args>
  T& emplace_back(Args&&... args) {  // NOLINT(readability-identifier-naming): a vector's name
    SESSIOND_CHECK(size_ < kCapacity);
    T* const element = ::new (static_cast<void*>(&cells_[size_].element)) T{std::forward<Args>(args)...};
    ++size_;
    return *element;
  }
  void clear() {
    std::destroy(begin(), end());
    size_ = 0;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// REQUIRES: not empty.
  const T& front() const {
    SESSIOND_CHECK(size_ > 0);
    return *begin();
  }
  T* begin() { return &cells_[0].element; }
  T* end() { return begin() + size_; }
  const T* begin() const { return &cells_[0].element; }
  const T* end() const { return begin() + size_; }

 private:
  union Cell {
    Cell() {}   // NOLINT(modernize-use-equals-default): that would be deleted
    ~Cell() {}  // NOLINT(modernize-use-equals-default)
    T element;
  };

  Cell cells_[kCapacity];
  std::size_t size_ = 0;
};

}  // namespace sessiond
