#include "fastcgi/lane_events.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "base/unique_fd.h"

namespace sessiond {
namespace {

using std::chrono::seconds;

/// A descriptor that can be read when it is told to be.
class Bell {
 public:
  int fd() const { return fd_.get(); }
  void ring() const {
    const std::uint64_t one = 1;
    ASSERT_EQ(::write(fd_.get(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
  }

 private:
  UniqueFd fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

struct CountingWaiter final : EventLoop::Waiter {
  void onEvent() override {
    ++events;
    if (on_event) on_event();
  }
  void onTime() override {
    ++times;
    if (on_time) on_time();
  }

  int events = 0;
  int times = 0;
  std::function<void()> on_event;
  std::function<void()> on_time;
};

class LaneEventsTest : public testing::Test {
 protected:
  /// One round of a lane: what epoll has is noted, then carried out.
  void round(SteadyTime now = SteadyTime()) {
    epoll_event ready[8];
    const int count = ::epoll_wait(epoll_.get(), ready, 8, 0);
    for (int i = 0; i < count; ++i) strangers_ += events_.note(ready[i].data.ptr) ? 0 : 1;
    events_.run(now);
  }

  UniqueFd epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  LaneEvents events_{epoll_.get()};
  CountingWaiter waiter_;
  Bell bell_;
  int strangers_ = 0;
};

TEST_F(LaneEventsTest, TellsAWaiterOfItsDescriptorAsLongAsItIsWatched) {
  ASSERT_TRUE(events_.watch(bell_.fd(), EventLoop::Interest::kRead, waiter_));
  round();
  EXPECT_EQ(waiter_.events, 0);
  bell_.ring();
  round();
  round();
  EXPECT_EQ(waiter_.events, 2) << "it is still to be read";
  events_.unwatch(bell_.fd(), waiter_);
  round();
  EXPECT_EQ(waiter_.events, 2);
}

TEST_F(LaneEventsTest, AWatchedDescriptorMayBeWatchedForSomethingElse) {
  ASSERT_TRUE(events_.watch(bell_.fd(), EventLoop::Interest::kWrite, waiter_));
  round();
  EXPECT_EQ(waiter_.events, 1) << "it can be written";
  ASSERT_TRUE(events_.watch(bell_.fd(), EventLoop::Interest::kRead, waiter_));
  round();
  EXPECT_EQ(waiter_.events, 1);
}

TEST_F(LaneEventsTest, ADescriptorMayBeWatchedForBoth) {
  ASSERT_TRUE(events_.watch(bell_.fd(), EventLoop::Interest::kBoth, waiter_));
  round();
  EXPECT_EQ(waiter_.events, 1) << "it can be written";
  const std::uint64_t full = std::numeric_limits<std::uint64_t>::max() - 1;
  ASSERT_EQ(::write(bell_.fd(), &full, sizeof full), static_cast<ssize_t>(sizeof full));
  ASSERT_TRUE(events_.watch(bell_.fd(), EventLoop::Interest::kWrite, waiter_));
  round();
  EXPECT_EQ(waiter_.events, 1) << "it is full";
  ASSERT_TRUE(events_.watch(bell_.fd(), EventLoop::Interest::kBoth, waiter_));
  round();
  EXPECT_EQ(waiter_.events, 2) << "it can be read";
}

TEST_F(LaneEventsTest, AFailureToWatchIsSaid) {
  EXPECT_FALSE(events_.watch(-1, EventLoop::Interest::kRead, waiter_));
}

TEST_F(LaneEventsTest, TagsOfOthersAreLeftToThem) {
  epoll_event other{.events = EPOLLIN, .data = {.ptr = this}};
  ASSERT_EQ(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, bell_.fd(), &other), 0);
  bell_.ring();
  round();
  EXPECT_EQ(strangers_, 1);
}

TEST_F(LaneEventsTest, WhoeverGoesInTheSameRoundIsToldOfNothing) {
  CountingWaiter other;
  const Bell second;
  ASSERT_TRUE(events_.watch(bell_.fd(), EventLoop::Interest::kRead, waiter_));
  ASSERT_TRUE(events_.watch(second.fd(), EventLoop::Interest::kRead, other));
  // Whichever comes first takes the other one away.
  waiter_.on_event = [&] { events_.unwatch(second.fd(), other); };
  other.on_event = [&] { events_.unwatch(bell_.fd(), waiter_); };
  bell_.ring();
  second.ring();
  round();
  EXPECT_EQ(waiter_.events + other.events, 1);
}

TEST_F(LaneEventsTest, AMomentComesOnceAndTakesThePlaceOfTheOneBefore) {
  events_.callAt(SteadyTime(seconds(5)), waiter_);
  events_.callAt(SteadyTime(seconds(3)), waiter_);
  EXPECT_EQ(events_.next(), SteadyTime(seconds(3)));
  events_.run(SteadyTime(seconds(2)));
  EXPECT_EQ(waiter_.times, 0);
  events_.run(SteadyTime(seconds(9)));
  EXPECT_EQ(waiter_.times, 1);
  EXPECT_EQ(events_.next(), SteadyTime::max());
  events_.run(SteadyTime(seconds(10)));
  EXPECT_EQ(waiter_.times, 1);
}

TEST_F(LaneEventsTest, AMomentCanBeTakenBack) {
  CountingWaiter other;
  events_.callAt(SteadyTime(seconds(1)), waiter_);
  events_.callAt(SteadyTime(seconds(2)), other);
  events_.callAt(SteadyTime::max(), waiter_);
  EXPECT_EQ(events_.next(), SteadyTime(seconds(2)));
  events_.forget(other);
  EXPECT_EQ(events_.next(), SteadyTime::max());
  events_.run(SteadyTime(seconds(9)));
  EXPECT_EQ(waiter_.times + other.times, 0);
}

TEST_F(LaneEventsTest, WhoIsToldOfAMomentMaySetTheNextOne) {
  waiter_.on_time = [&] { events_.callAt(SteadyTime(seconds(10 + waiter_.times)), waiter_); };
  events_.callAt(SteadyTime(seconds(1)), waiter_);
  events_.run(SteadyTime(seconds(2)));
  EXPECT_EQ(waiter_.times, 1);
  EXPECT_EQ(events_.next(), SteadyTime(seconds(11)));
}

}  // namespace
}  // namespace sessiond
