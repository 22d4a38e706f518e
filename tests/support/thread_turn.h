// How long the turns are that a thread has asked the scheduler for.

#pragma once

#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>

namespace sessiond {

/// What os/short_turns.h asks for, in nanoseconds.
inline constexpr std::uint64_t kShortTurn = 100'000;

/// The calling thread's, in nanoseconds; 0: the kernel does not say.
inline std::uint64_t turnOfThisThread() {
  struct {
    std::uint32_t size, policy;
    std::uint64_t flags;
    std::int32_t nice;
    std::uint32_t priority;
    std::uint64_t runtime, deadline, period;
  } attributes = {};
  if (::syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0U) != 0) return 0;
  return attributes.runtime;
}

inline bool kernelKnowsTurns() {
  utsname name = {};
  int major = 0;
  int minor = 0;
  if (::uname(&name) != 0 || std::sscanf(name.release, "%d.%d", &major, &minor) != 2) return false;
  return major > 6 || (major == 6 && minor >= 12);
}

}  // namespace sessiond
