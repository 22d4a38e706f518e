// LaneRequests: what a lane does with requests that are whole. Its handler receives each: it is answered at once, or
// goes on to the lane's loads, or is handed on to a worker. What is no check is put aside first, for the end of the
// lane's round (waiting_requests.h).

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "fastcgi/active_request.h"
#include "fastcgi/connection.h"
#include "fastcgi/framing_check.h"
#include "fastcgi/lane_loads.h"
#include "fastcgi/lane_surroundings.h"
#include "fastcgi/waiting_requests.h"
#include "http/handler.h"

namespace sessiond {

/// Where a connection is after its request has been looked at.
enum class Whereabouts : std::uint8_t {
  kHere,     ///< answered; the next request may come
  kUseless,  ///< to be closed
  kAway,     ///< with its request, or back already and closed: not to be touched
};

/// Of the lane's thread.
class LaneRequests {
 public:
  /// `loads` outlives it.
  LaneRequests(LaneSurroundings& surroundings, LaneLoads& loads);

  /// Takes the connection's next request out of `bytes`, which nothing refers to afterwards. False: there is no memory
  /// for it, and the connection is of no use any more.
  [[nodiscard]] bool read(Connection& connection, std::string_view bytes, const FramingResult& framing,
                          std::span<const ParamPlace> params);
  /// Has what was read last received, or puts it aside. `last`: the connection is to be closed after it, or looked at
  /// again.
  [[nodiscard]] Whereabouts receive(bool last);
  /// Is something put aside?
  bool waiting() const { return !waiting_.empty(); }
  /// How much of that may begin in this round, which is over then.
  std::size_t endRound() { return waiting_.endRound(); }
  /// REQUIRES: waiting().
  ActiveRequestPtr takeWaiting() { return waiting_.take(); }
  /// Has received what was put aside. `event`: the connection has to be looked at when it is back; `last`: it is to be
  /// closed after this request.
  [[nodiscard]] Whereabouts begin(ActiveRequestPtr request, bool event, bool last);
  /// Answers what comes back from the loads. `event` and `last` as above.
  [[nodiscard]] Whereabouts finish(ActiveRequestPtr request, bool event, bool last);

 private:
  Whereabouts receive(ActiveRequestPtr& request, LaneLoads::Loading& loading, bool event, bool last);
  Route route(Handler& handler, Exchange& exchange);
  Whereabouts handOn(ActiveRequestPtr& request, Route route, bool event, bool last);
  Whereabouts refuse(ActiveRequest& request, const std::shared_ptr<Handler>& handler, bool last);
  Whereabouts answer(ActiveRequest& request, bool last);
  ActiveRequestPtr spare();
  void keepSpare(ActiveRequestPtr request);

  LaneSurroundings& around_;
  LaneLoads& loads_;
  ActiveRequestPtr current_;       // for the next request; leaves when the request is handed on
  std::size_t current_bytes_ = 0;  // of it, as it came
  WaitingRequests waiting_;
  std::vector<ActiveRequestPtr> spare_;  // to be current_ one day
};

}  // namespace sessiond
