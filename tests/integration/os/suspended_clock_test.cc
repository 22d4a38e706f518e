// SteadyClock goes on while the machine is suspended. That cannot be done to the machine that tests run on; but a time
// namespace (time_namespaces(7)) has a boot clock that is ahead of the monotonic one, as if it had been.

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <mutex>

#include "base/clock.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

constexpr seconds kSuspended(100000);

/// Who is not root may make one in a user namespace (user_namespaces(7)).
bool enterNamespaceWithNextChild() {
  if (::unshare(::geteuid() == 0 ? CLONE_NEWTIME : CLONE_NEWUSER | CLONE_NEWTIME) != 0) return false;
  std::ofstream("/proc/self/timens_offsets") << "boottime " << kSuspended.count() << " 0" << std::flush;
  return true;
}

/// Ends the calling process with what `looks` returns on a machine that has been suspended.
template <typename Looks>
[[noreturn]] void endOnceSuspended(Looks looks) {
  if (!enterNamespaceWithNextChild()) std::_Exit(EXIT_FAILURE);
  const pid_t child = ::fork();
  if (child == 0) std::_Exit(looks());
  int status = 0;
  ::waitpid(child, &status, 0);
  std::_Exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}

TEST(SuspendedClock, HasGoneOn) {
  const auto looks = [] {
    const auto awake = std::chrono::steady_clock::now().time_since_epoch();
    return SteadyClock::now().time_since_epoch() - awake > kSuspended - 1s ? EXIT_SUCCESS : EXIT_FAILURE;
  };
  EXPECT_EXIT(endOnceSuspended(looks), testing::ExitedWithCode(EXIT_SUCCESS), "");
}

TEST(SuspendedClock, IsWaitedForNoLonger) {
  const auto looks = [] {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    ::alarm(30);
    return never.wait_until(lock, SteadyClock::now() + 10ms) == std::cv_status::timeout ? EXIT_SUCCESS : EXIT_FAILURE;
  };
  EXPECT_EXIT(endOnceSuspended(looks), testing::ExitedWithCode(EXIT_SUCCESS), "");
}

}  // namespace
}  // namespace sessiond
