// ScarceMemory: as long as one lives, there is no memory for whoever wants much at once. It brings the program an
// operator new of its own, and so one file of a test's program includes it, and no other. Not where sanitizers have
// theirs.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>

namespace sessiond {

/// One at a time; of all threads.
class ScarceMemory {
 public:
  explicit ScarceMemory(std::size_t most) { most_ = most; }
  ~ScarceMemory() { most_ = std::numeric_limits<std::size_t>::max(); }
  ScarceMemory(const ScarceMemory&) = delete;
  ScarceMemory& operator=(const ScarceMemory&) = delete;

  static bool allows(std::size_t size) { return size <= most_; }

 private:
  inline static std::atomic<std::size_t> most_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace sessiond

void* operator new(std::size_t size) {
  void* const memory = sessiond::ScarceMemory::allows(size) ? std::malloc(size == 0 ? 1 : size) : nullptr;
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
