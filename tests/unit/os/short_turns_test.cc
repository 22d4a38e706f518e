#include "os/short_turns.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <thread>

#include "support/forbid_calls.h"
#include "support/thread_turn.h"

namespace sessiond {
namespace {

void onThread(const std::function<void()>& body) {
  std::thread(body).join();
}

TEST(ShortTurns, AreThoseOfTheThreadThatAsksForThem) {
  onThread([] {
    const std::uint64_t before = turnOfThisThread();
    onThread([] { EXPECT_TRUE(takeShortTurns()); });
    EXPECT_EQ(turnOfThisThread(), before);
    ASSERT_TRUE(takeShortTurns());
    EXPECT_EQ(turnOfThisThread(), kernelKnowsTurns() ? kShortTurn : before);
    EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER);
    ASSERT_TRUE(takeUsualTurns());
    EXPECT_EQ(turnOfThisThread(), before);
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
    const std::uint64_t before = turnOfThisThread();
    ASSERT_TRUE(forbidCalls({SYS_sched_setattr}));
    EXPECT_FALSE(takeShortTurns());
    EXPECT_EQ(turnOfThisThread(), before);
  });
}

}  // namespace
}  // namespace sessiond
