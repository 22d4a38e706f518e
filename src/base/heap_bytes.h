// What an allocation really takes from the heap, for tables that are bounded by bytes.
//
// It is jemalloc's rule, since the daemon is linked with jemalloc: an allocation takes a whole size class, which are 8,
// the multiples of 16 up to 128, and from there four to each doubling: 160, 192, 224, 256, 320, ... Nothing stands
// before it. (https://jemalloc.net/jemalloc.3.html#size_classes)
//
// Linked with another allocator a table takes something else than it counts. With glibc's malloc, which puts 8 bytes
// before each allocation and rounds up to 16, it is at most 24 bytes more for each.

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>

namespace sessiond {

/// REQUIRES: size > 0.
constexpr std::size_t heapBytes(std::size_t size) {
  if (size <= 8) return 8;
  const std::size_t spacing = std::max<std::size_t>(16, std::bit_floor(size - 1) / 4);
  return (size + spacing - 1) / spacing * spacing;
}

}  // namespace sessiond
