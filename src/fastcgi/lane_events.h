// LaneEvents: the part of a lane's epoll that belongs to others (base/event_loop.h): connections to Redis, and timers.
//
// What is told to a waiter may end requests, and with them connections that the same round of epoll has events for. So
// events are only noted while a round's events are looked at, and carried out behind them.

#pragma once

#include <vector>

#include "base/event_loop.h"

namespace sessiond {

/// Of one lane's thread.
class LaneEvents final : public EventLoop {
 public:
  /// `epoll` outlives it.
  explicit LaneEvents(int epoll) : epoll_(epoll) {}
  LaneEvents(const LaneEvents&) = delete;
  LaneEvents& operator=(const LaneEvents&) = delete;

  bool watch(int fd, Interest interest, Waiter& waiter) override;
  void unwatch(int fd, Waiter& waiter) override;
  void callAt(SteadyTime moment, Waiter& waiter) override;
  void forget(Waiter& waiter) override;

  /// Is this event's tag that of a waiter? Then it is noted.
  bool note(void* tag);
  /// Tells every waiter what was noted for it, and whose moment has come.
  void run(SteadyTime now);
  /// The next moment that somebody waits for.
  SteadyTime next() const;

 private:
  struct Moment {
    Waiter* waiter;
    SteadyTime at;
  };
  struct Watched {
    int fd;
    Waiter* waiter;
  };

  const int epoll_;
  std::vector<Watched> watched_;  // a few, as all of these
  std::vector<Moment> moments_;
  std::vector<Waiter*> noted_;
};

}  // namespace sessiond
