// Lane: one thread with its own epoll and its own connections from the web server. It accepts (lane_acceptor.h),
// receives what arrives and lets the framing check decide (lane_connections.h), has each whole request received by the
// handler (lane_requests.h), and goes on itself with the checks that have to ask Redis (lane_loads.h). It never waits
// for anything but epoll. Here is the loop, and what other threads may say to it.
//
// A round is what epoll has to tell at one time. Its session checks come first; then some of the other requests are
// begun, a bounded number (waiting_requests.h), and the rest waits for the end of the next rounds.

#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/expected.h"
#include "base/guarded.h"
#include "base/unique_fd.h"
#include "fastcgi/connection.h"
#include "fastcgi/lane_acceptor.h"
#include "fastcgi/lane_connections.h"
#include "fastcgi/lane_events.h"
#include "fastcgi/lane_loads.h"
#include "fastcgi/lane_pace.h"
#include "fastcgi/lane_requests.h"
#include "fastcgi/lane_surroundings.h"

namespace sessiond {

/// run() and adopt() are its thread's; the other public functions are thread-safe.
class Lane {
 public:
  /// Fails when the system has no descriptors left.
  static Expected<std::unique_ptr<Lane>, std::string> create(LaneSurroundings& surroundings);
  ~Lane();

  /// Serves until drained.
  void run();
  void enter(LanePhase phase);
  /// From a worker: a connection whose owner was kLentAndEvent when it was done with it.
  void giveBack(Connection& connection);
  /// An accepted connection of its own.
  void adopt(UniqueFd socket);
  /// An accepted connection from another lane that has more of them. False when this lane has ended already.
  [[nodiscard]] bool take(UniqueFd& socket);
  std::size_t connections() const { return connections_.count(); }
  /// Has it look around: into its mailbox, and which handler is in force.
  void wake();
  /// Waits for events, or has got further since the last time it was asked. One thread asks, in intervals within
  /// which a lane must be able to finish what it does at once (a second is plenty).
  bool alive();

 private:
  struct Mailbox {
    std::vector<UniqueFd> accepted;
    std::vector<Connection*> returned;
    bool closed = false;
  };

  Lane(LaneSurroundings& surroundings, UniqueFd epoll, UniqueFd wake);

  int waitMilliseconds() const;
  void countTurn();
  void keepPace(std::size_t events, SteadyTime now);
  void dispatch(const epoll_event& event);
  void emptyMailbox();
  void advanceTo(LanePhase phase);

  LaneSurroundings& around_;
  const UniqueFd epoll_;
  const UniqueFd wake_;
  Guarded<Mailbox> mailbox_;
  std::atomic<LanePhase> phase_wanted_ = LanePhase::kServing;
  std::atomic<std::uint32_t> turns_ = 0;  // odd while the lane works, even while it waits for events
  std::uint32_t turns_seen_ = 0;          // by alive()

  // All below is owned by the lane's thread.

  LanePhase phase_ = LanePhase::kServing;
  bool mail_ = false;  // the mailbox is to be emptied after this round
  LanePace pace_;
  LaneEvents events_;
  LaneLoads loads_;
  LaneRequests requests_;
  LaneConnections connections_;
  LaneAcceptor acceptor_;
};

}  // namespace sessiond
