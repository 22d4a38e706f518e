// What RapidJSON does when it gets no memory: it must not go on. Its stack is all that grows by realloc().

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <new>

#include "json/json_tree.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // their allocators end the process instead

namespace sessiond {
namespace {

std::atomic<bool> memory_is_gone = false;

}  // namespace
}  // namespace sessiond

/// This program's own.
extern "C" void* realloc(void* memory, std::size_t size) noexcept {
  if (sessiond::memory_is_gone) return nullptr;
  static const auto next = reinterpret_cast<decltype(&realloc)>(::dlsym(RTLD_NEXT, "realloc"));
  return next(memory, size);
}

namespace sessiond {
namespace {

TEST(JsonTree, WithoutMemoryIsNoTreeAndNoCrash) {
  memory_is_gone = true;
  EXPECT_THROW(static_cast<void>(JsonTree::parse("[1]")), std::bad_alloc);
  memory_is_gone = false;
  EXPECT_TRUE(JsonTree::parse("[1]"));
}

}  // namespace
}  // namespace sessiond

#endif
