#include "base/heap_bytes.h"

#include <gtest/gtest.h>

// jemalloc's, which these tests are linked with unless there are sanitizers, which have allocators of their own.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" std::size_t nallocx(std::size_t size, int flags) __attribute__((weak));

namespace sessiond {
namespace {

TEST(HeapBytes, IsAWholeSizeClass) {
  EXPECT_EQ(heapBytes(1), 8U);
  EXPECT_EQ(heapBytes(8), 8U);
  EXPECT_EQ(heapBytes(9), 16U);
  EXPECT_EQ(heapBytes(113), 128U);
  EXPECT_EQ(heapBytes(129), 160U);
  EXPECT_EQ(heapBytes(256), 256U);
  EXPECT_EQ(heapBytes(257), 320U);
  EXPECT_EQ(heapBytes(std::size_t{16} << 20), std::size_t{16} << 20);
  EXPECT_EQ(heapBytes((std::size_t{16} << 20) + 1), std::size_t{20} << 20);
}

TEST(HeapBytes, IsWhatTheDaemonsAllocatorHandsOut) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  ASSERT_NE(nallocx, nullptr) << "nothing would be shown by another allocator";
#else
  if (nallocx == nullptr) return;
#endif
  for (std::size_t size = 1; size < 70'000; ++size) ASSERT_EQ(heapBytes(size), nallocx(size, 0)) << size;
  for (std::size_t size = 70'000; size < std::size_t{1} << 30; size += size / 7) {
    ASSERT_EQ(heapBytes(size), nallocx(size, 0)) << size;
  }
}

}  // namespace
}  // namespace sessiond
