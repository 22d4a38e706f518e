// Pending: something that is under way and goes on when a descriptor has something to read.
//
// Whoever began it waits for the descriptor together with everything else (a lane, in its epoll set) and never for
// this alone.

#pragma once

#include "base/clock.h"

namespace sessiond {

/// Not thread-safe. Destroyed before its end, it is given up.
class Pending {
 public:
  enum class State {
    kWaiting,  ///< for more on the descriptor
    kDone,
    kFailed,  ///< nothing came of it
  };

  virtual ~Pending() = default;
  /// The same until it ends. Others may not read from it.
  virtual int fd() const = 0;
  /// Whoever began it gives it up then.
  virtual SteadyTime deadline() const = 0;
  /// Takes what is there to read. Never waits. Not to be called again after kDone or kFailed.
  virtual State advance() = 0;
};

}  // namespace sessiond
