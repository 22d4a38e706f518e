// What SessionCache counts of its memory is what it takes from the heap.

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "session/session_cache.h"
#include "support/fake_clock.h"
#include "support/session_ids.h"

// jemalloc's, which these tests are linked with unless there are sanitizers.
extern "C" int mallctl(const char* name, void* old_value, std::size_t* old_size, void* new_value, std::size_t new_size)
    __attribute__((weak));

namespace sessiond {
namespace {

/// What this thread has allocated and not given back; 0 where the allocator does not tell.
std::uint64_t allocatedByThisThread() {
  if (mallctl == nullptr) return 0;
  std::uint64_t allocated = 0;
  std::uint64_t given_back = 0;
  std::size_t size = sizeof allocated;
  EXPECT_EQ(mallctl("thread.allocated", &allocated, &size, nullptr, 0), 0);
  EXPECT_EQ(mallctl("thread.deallocated", &given_back, &size, nullptr, 0), 0);
  return allocated - given_back;
}

TEST(SessionCacheBytes, AreWhatItTakesFromTheHeap) {
  constexpr std::uint64_t kSessions = 10000;
  FakeClock clock;
  CacheTrust trust(std::chrono::milliseconds(500));
  SessionCache cache(CacheLimits{.max_entries = 1'000'000, .max_bytes = std::size_t{1} << 30}, trust);
  const auto keep = [&](std::uint64_t number) {
    const std::string bytes = "a session's id of 32 bytes " + std::to_string(10000 + number);
    const SessionId id = idOf(bytes);
    const std::string cookie = "s%3A" + bytes + ".c2lnbmF0dXJl";
    SessionFacts facts;
    EXPECT_TRUE(facts.identity.add("X-Text", std::string(number % 400, 'x')));
    const FoundSession found = {
        .absence = {}, .session = KnownSession::make(id, facts, cookie), .ends = SteadyTime::max()};
    cache.keep(id, cache.note(id, clock.steadyNow()), found, cookie, true, clock.steadyNow());
  };
  keep(kSessions);  // what is made once is there
  const std::uint64_t before = allocatedByThisThread() - cache.size().bytes;
  for (std::uint64_t i = 0; i < kSessions; ++i) keep(i);
  const std::uint64_t taken = allocatedByThisThread() - before;
  ASSERT_EQ(cache.size().entries, kSessions + 1);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  ASSERT_NE(mallctl, nullptr) << "nothing would be shown by another allocator";
#else
  if (mallctl == nullptr) return;
#endif
  EXPECT_NEAR(static_cast<double>(cache.size().bytes), static_cast<double>(taken), 0.001 * static_cast<double>(taken));
}

}  // namespace
}  // namespace sessiond
