// LaneAcceptor: how a lane gets its connections, and what it does when there can be no more.

#pragma once

#include <utility>

#include "base/clock.h"
#include "fastcgi/lane_surroundings.h"

namespace sessiond {

/// Of the lane's thread.
class LaneAcceptor {
 public:
  /// `epoll` is that of `lane`. Events of the listening socket have no tag there.
  LaneAcceptor(LaneSurroundings& surroundings, Lane& lane, int epoll);

  /// False: epoll will have none of it; it is tried again after a while.
  bool resume();
  void resumeIfDue(SteadyTime now);
  /// Has there been no room for a connection since this was asked last?
  bool takeCrowded() { return std::exchange(crowded_, false); }
  /// When resumeIfDue() has something to do.
  SteadyTime nextDeadline() const;
  /// The listening socket has one.
  void accept() { acceptOne(); }
  /// No more after those that wait already on a socket of our own.
  void finish();

 private:
  /// False: none waits, or there can be no more.
  bool acceptOne();
  void pause(int error);
  Lane& lightestLane();

  LaneSurroundings& around_;
  Lane& lane_;
  const int epoll_;
  bool accepting_ = false;  // the listening socket is in the epoll set
  bool finished_ = false;
  bool crowded_ = false;
  SteadyTime resume_at_{};  // while accepting is paused
  SteadyTime next_pause_log_{};
};

}  // namespace sessiond
