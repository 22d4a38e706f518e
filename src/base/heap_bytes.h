// What an allocation really takes from the heap, for tables that are bounded by bytes.
//
// glibc's malloc puts 8 bytes before each allocation, rounds up to 16 and hands out no less than 32. Blocks of 128 KiB
// and more may be pages of their own; their rounding is small beside them and is left out.

#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

namespace sessiond {

constexpr std::size_t heapBytes(std::size_t size) {
  return std::max<std::size_t>(32, (size + 8 + 15) / 16 * 16);
}

/// What a string has outside itself.
inline std::size_t heapBytes(const std::string& text) {
  constexpr std::size_t kInline = 15;  // libstdc++ keeps shorter strings in the object
  return text.capacity() > kInline ? heapBytes(text.capacity() + 1) : 0;
}

}  // namespace sessiond
