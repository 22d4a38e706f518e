#include "base/interval_gate.h"

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

TEST(IntervalGate, OpensOnceAnInterval) {
  FakeClock clock;
  IntervalGate gate(10s);
  EXPECT_TRUE(gate.pass(clock.steadyNow()));
  EXPECT_FALSE(gate.pass(clock.steadyNow()));
  clock.advance(9999ms);
  EXPECT_FALSE(gate.pass(clock.steadyNow()));
  clock.advance(1ms);
  EXPECT_TRUE(gate.pass(clock.steadyNow()));
  EXPECT_FALSE(gate.pass(clock.steadyNow()));
}

}  // namespace
}  // namespace sessiond
