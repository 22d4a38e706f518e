// Lane: one thread with its own epoll and its own connections. It accepts, receives what arrives, lets the framing
// check decide, and has each whole request received by the handler: answered at once, or handed on to a loader or
// worker. It never waits for anything but epoll.
//
// Session checks that have to ask Redis go on here as well, by a loader that the handler has made for this lane: they
// gather as long as events come in at once, and are answered when Redis has answered (lane_loading.cc).
//
// A request that is answered at once on a kept connection costs three system calls: epoll_wait, recv, write. An idle
// connection costs its descriptor and a struct Connection.

#pragma once

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/expected.h"
#include "base/guarded.h"
#include "base/snapshot.h"
#include "base/unique_fd.h"
#include "fastcgi/active_request.h"
#include "fastcgi/connection.h"
#include "fastcgi/fastcgi_metrics.h"
#include "fastcgi/framing_check.h"
#include "fastcgi/intrusive_list.h"
#include "fastcgi/lane_events.h"
#include "fastcgi/listen_settings.h"
#include "fastcgi/request_pools.h"
#include "http/handler.h"

namespace sessiond {

class Listener;

/// What all lanes of a server share. Outlives them.
struct LaneSurroundings {
  const ServerOptions& options;
  const Listener& listener;
  RequestQueue& works;
  RequestQueue& passwords;
  Snapshot<Handler>& handlers;
  FastcgiMetrics& metrics;
  const Clock& clock;
  std::vector<std::unique_ptr<Lane>>& lanes;  ///< all of them, in order; does not change while they run
  std::atomic<std::size_t> connections = 0;   ///< open in all lanes
};

/// The stages of stopping, in order; a lane only ever moves forward.
enum class LanePhase : std::uint8_t {
  kServing,
  /// Accepts what waits in the backlog of a socket of our own, answers what has arrived, closes idle connections and
  /// every other one after its answer; then ends.
  kDraining,
  kEnding,  ///< closes all but what is with a worker or waits for Redis; ends when that is back
};

/// run() is its thread's; the other public functions are thread-safe.
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
  /// An accepted connection from another lane that has more of them. False when this lane has ended already.
  [[nodiscard]] bool take(UniqueFd& socket);
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

  // The loop.
  int waitMilliseconds() const;
  void countTurn();
  void dispatch(const epoll_event& event);
  void handleConnectionEvent(Connection& connection, std::uint32_t events);
  void emptyMailbox();
  void expireDeadlines();
  void limitPartials();
  void advanceTo(LanePhase phase);
  void drainConnections();

  // Accepting (lane_accepting.cc).
  enum class Accepted { kOne, kNone, kRetry };
  Accepted acceptOne();
  void acceptBacklog();
  void pauseAccepting(int error);
  void resumeAccepting();
  Lane& lightestLane();
  void adopt(UniqueFd socket);
  bool watch(int fd, std::uint32_t events, void* tag) const;

  // Loading (lane_loading.cc).
  struct Loading;
  Loading& currentLoading();
  void endOldLoadings();
  bool gathering() const;
  void flushLoads(bool more_events);
  void load(ActiveRequestPtr& request, Loading& loading);
  void finishLoad(ActiveRequestPtr request);

  // One connection.
  static bool peerHasFinished(const Connection& connection);
  void look(Connection& connection, bool peer_finished);
  std::string_view gather(Connection& connection, std::size_t received);
  bool passLateStdin(Connection& connection, std::string_view& bytes);
  void decide(Connection& connection, std::string_view bytes, bool peer_finished);
  void wait(Connection& connection, std::string_view bytes, std::size_t needed, bool peer_finished);
  void setPartial(Connection& connection, std::string_view bytes);
  void serve(Connection& connection, std::string_view bytes, const FramingResult& framing, bool peer_finished);
  Route receive(ActiveRequest& request, Handler& handler);
  void lend(Connection& connection, bool peer_finished);
  void handOn(ActiveRequestPtr& request, Route route, bool peer_finished);
  bool answerHere(ActiveRequest& request, bool peer_finished);
  ActiveRequestPtr spareRequest();
  void refuse(Connection& connection, std::string_view records);
  void discard(Connection& connection);
  void stopTimer(Connection& connection);
  void drop(Connection& connection);

  LaneSurroundings& around_;
  const UniqueFd epoll_;
  const UniqueFd wake_;
  Guarded<Mailbox> mailbox_;
  std::atomic<LanePhase> phase_wanted_ = LanePhase::kServing;
  std::atomic<std::uint32_t> turns_ = 0;  // odd while the lane works, even while it waits for events
  std::uint32_t turns_seen_ = 0;          // by alive()
  std::atomic<std::size_t> load_ = 0;     // connections, read by other lanes

  // All below is owned by the lane's thread.

  using TimedList = IntrusiveList<Connection, &Connection::timed>;

  LanePhase phase_ = LanePhase::kServing;
  Snapshot<Handler>::Reader handler_;
  IntrusiveList<Connection, &Connection::all> connections_;
  TimedList incomplete_;  // every request has the same time, so the first is always the next to expire
  TimedList lingering_;
  std::vector<char> received_;           // last
  std::size_t partial_bytes_ = 0;        // of all connections
  ParamLengthsList pairs_;               // of the request looked at last
  ActiveRequestPtr current_;             // for the next request; leaves when the request is handed on
  std::vector<ActiveRequestPtr> spare_;  // to be current_ one day
  LaneEvents events_;
  std::vector<std::unique_ptr<Loading>> loadings_;  // of the handler in force, last, and of those before it
  std::size_t waiting_ = 0;                         // requests with all of them
  int rounds_gathered_ = 0;
  bool used_ = false;       // something was received in this round
  bool mail_ = false;       // the mailbox is to be emptied after this round
  bool accepting_ = false;  // the listening socket is in the epoll set
  SteadyTime next_pause_log_{};
  SteadyTime resume_accepting_{};  // while accepting is paused
};

/// The checks that one handler's loader goes on with.
struct Lane::Loading final : Loader::Lane {
  Loading(sessiond::Lane& owner, std::shared_ptr<Handler> of) : lane(owner), handler(std::move(of)) {}

  void concluded(Exchange& exchange) override;
  void failed(Exchange& exchange) override;

  sessiond::Lane& lane;
  const std::shared_ptr<Handler> handler;
  std::unique_ptr<Loader> loader;  // after the handler, so that it goes first
  std::size_t waiting = 0;         ///< for it
  std::size_t gathered = 0;        ///< of those: since it was last told to ask
};

}  // namespace sessiond
