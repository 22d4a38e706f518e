#include "os/short_turns.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace sessiond {

namespace {

/// The kernel's struct sched_attr as it was first (SCHED_ATTR_SIZE_VER0), which every kernel knows. The C library has
/// no declaration of it before glibc 2.41.
struct Attributes {
  std::uint32_t size = sizeof(Attributes);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;  ///< in nanoseconds
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};
static_assert(sizeof(Attributes) == 48);

constexpr std::uint64_t kShortest = 100'000;  ///< that Linux knows
constexpr std::uint64_t kUsual = 0;           ///< what the system has for everybody

bool takeTurns(std::uint64_t runtime) {
  if (::sched_getscheduler(0) != SCHED_OTHER) return false;  // whoever chose something else had a reason
  // Whoever gives way to others goes on doing so: what is not said here would be 0.
  errno = 0;
  const int nice = ::getpriority(PRIO_PROCESS, 0);
  if (errno != 0) return false;
  const Attributes wanted{.nice = nice, .runtime = runtime};
  return ::syscall(SYS_sched_setattr, 0, &wanted, 0U) == 0;
}

}  // namespace

bool takeShortTurns() {
  return takeTurns(kShortest);
}

bool takeUsualTurns() {
  return takeTurns(kUsual);
}

}  // namespace sessiond
