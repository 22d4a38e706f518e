// WipedString: a string whose memory is overwritten before it is given back, for what may hold a secret somewhere in
// its middle and grows while it does.

#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>

namespace sessiond {

/// Overwrites memory before it is given back, also what a growing container leaves behind.
template <typename T>
struct WipingAllocator {
  using value_type = T;

  WipingAllocator() = default;
  template <typename U>
  explicit WipingAllocator(const WipingAllocator<U>& /*other*/) {}

  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* memory, std::size_t count) {
    explicit_bzero(memory, count * sizeof(T));
    std::allocator<T>().deallocate(memory, count);
  }
  bool operator==(const WipingAllocator& /*other*/) const { return true; }
};

/// A few bytes that fit into the object itself are not wiped.
using WipedString = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;

}  // namespace sessiond
