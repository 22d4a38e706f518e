#include "base/once_per.h"

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

TEST(OncePer, PassesOnceAnInterval) {
  FakeClock clock;
  OncePer once(10s);
  EXPECT_TRUE(once.pass(clock.steadyNow()));
  EXPECT_FALSE(once.pass(clock.steadyNow()));
  clock.advance(9999ms);
  EXPECT_FALSE(once.pass(clock.steadyNow()));
  clock.advance(1ms);
  EXPECT_TRUE(once.pass(clock.steadyNow()));
  EXPECT_FALSE(once.pass(clock.steadyNow()));
}

}  // namespace
}  // namespace sessiond
