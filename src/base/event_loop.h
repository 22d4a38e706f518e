// EventLoop: what a lane offers to whoever waits on its thread for a descriptor or a moment, so that the room that
// talks to Redis need not know the room that has the lanes.

#pragma once

#include <cstdint>

#include "base/clock.h"

namespace sessiond {

/// Of one thread, which alone calls it and whom it calls.
class EventLoop {
 public:
  /// Waits for one descriptor, one moment or both, until forget().
  class Waiter {
   public:
    /// The descriptor can be read or written, or has failed.
    virtual void onEvent() = 0;
    /// The moment has come.
    virtual void onTime() = 0;

   protected:
    ~Waiter() = default;
  };
  enum class Interest : std::uint8_t { kRead, kWrite, kBoth };

  virtual ~EventLoop() = default;
  /// Level-triggered; watched before, it is watched for something else now. False: the system has no room. To be
  /// unwatched before it is closed.
  [[nodiscard]] virtual bool watch(int fd, Interest interest, Waiter& waiter) = 0;
  virtual void unwatch(int fd, Waiter& waiter) = 0;
  /// In the place of a moment that was set before; SteadyTime::max(): none.
  virtual void callAt(SteadyTime moment, Waiter& waiter) = 0;
  /// Neither event nor moment comes any more. Unwatch its descriptor before.
  virtual void forget(Waiter& waiter) = 0;
};

}  // namespace sessiond
