#include "base/named_thread.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(SleepFor, EndsWhenAStopIsAskedFor) {
  std::jthread thread = startThread("sleeper", [](const std::stop_token& stop) { sleepFor(hours(24), stop); });
  thread.request_stop();
  thread.join();
}

TEST(SleepFor, DoesNotBeginWhereAStopWasAskedFor) {
  std::stop_source source;
  source.request_stop();
  sleepFor(hours(24), source.get_token());
}

TEST(SleepFor, DoesNotSleepForNoTime) {
  sleepFor(milliseconds(0), {});
  sleepFor(milliseconds(-1), {});
}

}  // namespace
}  // namespace sessiond
