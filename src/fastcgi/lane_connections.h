// LaneConnections: the connections of one lane. What arrives on them is received, and looked at by the framing check
// until a request is whole; a connection that is no good, takes too long, or sends what there is no memory for, is
// dropped.
//
// A request that is answered at once on a kept connection costs three system calls: epoll_wait, recv, write. An idle
// connection costs its descriptor and a struct Connection.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "fastcgi/connection.h"
#include "fastcgi/framing_check.h"
#include "fastcgi/intrusive_list.h"
#include "fastcgi/lane_requests.h"
#include "fastcgi/lane_surroundings.h"

namespace sessiond {

/// Of the lane's thread, but for expect() and count().
class LaneConnections {
 public:
  /// `epoll` is that of `home`. Everything outlives it.
  LaneConnections(LaneSurroundings& surroundings, Lane& home, int epoll, LaneRequests& requests);
  /// REQUIRES: empty().
  ~LaneConnections();
  LaneConnections(const LaneConnections&) = delete;
  LaneConnections& operator=(const LaneConnections&) = delete;

  bool empty() const { return all_.empty(); }
  /// One more will be adopted. Thread-safe, as count() is.
  void expect() { count_.fetch_add(1, std::memory_order_relaxed); }
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }

  /// REQUIRES: it was expected.
  void adopt(UniqueFd socket);
  /// `events`: of epoll.
  void handle(Connection& connection, std::uint32_t events);
  /// From a worker that was done with it when it was marked.
  void takeBack(Connection& connection);
  /// Its request comes back from the loads with its response.
  void finish(ActiveRequestPtr request);
  /// Begins what has given way to the checks of this round, or some of it.
  void beginWaiting();

  /// What may drop any connection, behind a round's events.
  void limitPartials();
  void expire(SteadyTime now);
  /// Closes the one that has been silent for longest, for a new one. False: there is none to be spared.
  bool makeRoom(SteadyTime now);
  /// Never later than the next moment at which expire() has something to do.
  SteadyTime nextDeadline() const;
  /// Idle ones are closed, as the phase says.
  void enter(LanePhase phase);

 private:
  using TimedList = IntrusiveList<Connection, &Connection::timed>;

  bool draining() const { return phase_ >= LanePhase::kDraining; }
  void look(Connection& connection, bool peer_finished);
  std::string_view gather(Connection& connection, std::size_t received);
  bool passLateStdin(Connection& connection, std::string_view& bytes);
  void decide(Connection& connection, std::string_view bytes, bool peer_finished);
  void wait(Connection& connection, std::string_view bytes, std::size_t needed, bool peer_finished);
  bool keepPartial(Connection& connection, std::string_view bytes);
  void forgetPartial(Connection& connection);
  void serve(Connection& connection, std::string_view bytes, const FramingResult& framing, bool peer_finished);
  void settle(Connection& connection, Whereabouts where, bool event);
  void refuse(Connection& connection, std::string_view records);
  void discard(Connection& connection);
  TimedList& listOf(const Connection& connection);
  void rest(Connection& connection);
  void startTimer(Connection& connection);
  void stopTimer(Connection& connection);
  void dropWithoutMemory(Connection& connection);
  void drop(Connection& connection);

  LaneSurroundings& around_;
  Lane& home_;
  const int epoll_;
  LaneRequests& requests_;
  std::atomic<std::size_t> count_ = 0;  // read by other lanes
  LanePhase phase_ = LanePhase::kServing;
  IntrusiveList<Connection, &Connection::all> all_;
  TimedList incomplete_;  // every request has the same time, so the first is always the next to expire
  TimedList idle_;        // the first for longest; some that come back from a worker are not known to be
  TimedList lingering_;
  std::vector<char> received_;     // last
  std::size_t partial_bytes_ = 0;  // of all connections
  ParamPlaces params_;             // of the request looked at last
};

}  // namespace sessiond
