// PollLoop: an event loop for tests, on the test's own thread, which runs it as long as it waits for something.

#pragma once

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/event_loop.h"

namespace sessiond {

class PollLoop final : public EventLoop {
 public:
  bool watch(int fd, Interest interest, Waiter& waiter) override {
    unwatch(fd, waiter);
    watched_.push_back({fd, interest, &waiter});
    return true;
  }
  void unwatch(int fd, Waiter&) override {
    std::erase_if(watched_, [fd](const Watched& one) { return one.fd == fd; });
  }
  void callAt(SteadyTime moment, Waiter& waiter) override {
    std::erase_if(moments_, [&](const Moment& one) { return one.waiter == &waiter; });
    if (moment != SteadyTime::max()) moments_.push_back({moment, &waiter});
  }
  void forget(Waiter& waiter) override { callAt(SteadyTime::max(), waiter); }

  /// Carries out what is there, and waits at most so long for it.
  void run(std::chrono::milliseconds patience) {
    std::vector<pollfd> entries;
    for (const Watched& one : watched_) {
      const int events =
          (one.interest != Interest::kWrite ? POLLIN : 0) | (one.interest != Interest::kRead ? POLLOUT : 0);
      entries.push_back({one.fd, static_cast<short>(events), 0});
    }
    if (::poll(entries.data(), entries.size(), static_cast<int>(patience.count())) > 0) {
      for (const pollfd& entry : entries) {
        const auto known = std::ranges::find_if(watched_, [&](const Watched& one) { return one.fd == entry.fd; });
        if (entry.revents != 0 && known != watched_.end()) known->waiter->onEvent();
      }
    }
    const SteadyTime now = SteadyClock::now();
    for (;;) {
      const auto due = std::ranges::find_if(moments_, [now](const Moment& one) { return one.at <= now; });
      if (due == moments_.end()) return;
      Waiter* const waiter = due->waiter;
      moments_.erase(due);
      waiter->onTime();
    }
  }
  /// Until it is so, or half a minute is over: false.
  template <typename Condition>
  bool runUntil(Condition condition) {
    const SteadyTime limit = SteadyClock::now() + std::chrono::seconds(30);
    while (!condition()) {
      if (SteadyClock::now() > limit) return false;
      run(std::chrono::milliseconds(1));
    }
    return true;
  }

 private:
  struct Watched {
    int fd;
    Interest interest;
    Waiter* waiter;
  };
  struct Moment {
    SteadyTime at;
    Waiter* waiter;
  };

  std::vector<Watched> watched_;
  std::vector<Moment> moments_;
};

}  // namespace sessiond
