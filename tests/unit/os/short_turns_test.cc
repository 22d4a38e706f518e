#include "os/short_turns.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <thread>

#include "support/forbid_calls.h"

namespace sessiond {
namespace {

/// How long the calling thread's turns are, in nanoseconds; 0: the kernel does not say.
std::uint64_t turn() {
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

bool kernelKnows() {
  utsname name = {};
  int major = 0;
  int minor = 0;
  if (::uname(&name) != 0 || std::sscanf(name.release, "%d.%d", &major, &minor) != 2) return false;
  return major > 6 || (major == 6 && minor >= 12);
}

void onThread(const std::function<void()>& body) {
  std::thread(body).join();
}

TEST(ShortTurns, AreThoseOfTheThreadThatAsksForThem) {
  onThread([] {
    const std::uint64_t before = turn();
    onThread([] { EXPECT_TRUE(takeShortTurns()); });
    EXPECT_EQ(turn(), before);
    ASSERT_TRUE(takeShortTurns());
    EXPECT_EQ(turn(), kernelKnows() ? 100'000U : before);
    EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER);
  });
}

TEST(ShortTurns, LeaveAThreadThatGivesWayWhereItIs) {
  onThread([] {
    ASSERT_EQ(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 15), 0);
    EXPECT_TRUE(takeShortTurns());
    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), 15);
  });
}

TEST(ShortTurns, AreNotForAThreadOfAnotherPolicy) {
  onThread([] {
    const sched_param none = {};
    ASSERT_EQ(::sched_setscheduler(0, SCHED_BATCH, &none), 0);
    EXPECT_FALSE(takeShortTurns());
    EXPECT_EQ(::sched_getscheduler(0), SCHED_BATCH);
  });
}

TEST(ShortTurns, AreNoErrorWhereTheyAreForbidden) {
  onThread([] {
    const std::uint64_t before = turn();
    ASSERT_TRUE(forbidCalls({SYS_sched_setattr}));
    EXPECT_FALSE(takeShortTurns());
    EXPECT_EQ(turn(), before);
  });
}

}  // namespace
}  // namespace sessiond
