#include "json/throwing_allocator.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

namespace sessiond {
namespace {

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // their allocators end the process instead

constexpr std::size_t kTooMuch = std::numeric_limits<std::size_t>::max() / 2;

TEST(ThrowingAllocator, ThrowsWhereThereIsNoMemory) {
  EXPECT_THROW(ThrowingAllocator::Malloc(kTooMuch), std::bad_alloc);
  EXPECT_THROW(ThrowingAllocator::Realloc(nullptr, 0, kTooMuch), std::bad_alloc);
}

TEST(ThrowingAllocator, KeepsWhatThereWasWhereItCannotGrow) {
  auto* const memory = static_cast<char*>(ThrowingAllocator::Malloc(4));
  std::memcpy(memory, "abc", 4);
  EXPECT_THROW(ThrowingAllocator::Realloc(memory, 4, kTooMuch), std::bad_alloc);
  EXPECT_STREQ(memory, "abc");
  EXPECT_EQ(ThrowingAllocator::Realloc(memory, 4, 0), nullptr);
  EXPECT_EQ(ThrowingAllocator::Malloc(0), nullptr);
}

#endif

}  // namespace
}  // namespace sessiond
