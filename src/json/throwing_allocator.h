// ThrowingAllocator: memory for RapidJSON. Its own allocator gives nullptr when there is none, which its parser writes
// to.

#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace sessiond {

/// The names are RapidJSON's (its concept Allocator).
struct ThrowingAllocator {
  static constexpr bool kNeedFree = true;

  static void* Malloc(std::size_t size) { return size == 0 ? nullptr : checked(std::malloc(size)); }
  static void* Realloc(void* memory, std::size_t /*before*/, std::size_t size) {
    if (size != 0) return checked(std::realloc(memory, size));
    Free(memory);
    return nullptr;
  }
  static void Free(void* memory) noexcept { std::free(memory); }

 private:
  static void* checked(void* memory) {
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
  }
};

}  // namespace sessiond
