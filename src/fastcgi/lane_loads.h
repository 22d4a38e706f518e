// LaneLoads: the session checks of one lane that have to ask Redis. They go on here, by the loader that their handler
// has made for this lane; they gather as long as events come in at once, and are given back when Redis has answered.
//
// A handler that was replaced keeps its loader until nothing is on its way there any more.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/event_loop.h"
#include "base/snapshot.h"
#include "fastcgi/active_request.h"
#include "fastcgi/lane_surroundings.h"
#include "http/handler.h"

namespace sessiond {

/// Of the lane's thread.
class LaneLoads {
 public:
  class Loading;
  /// Who gets what has been concluded, with its response.
  using Finish = std::function<void(ActiveRequestPtr)>;

  LaneLoads(LaneSurroundings& surroundings, EventLoop& events, Finish finish);
  ~LaneLoads();
  LaneLoads(const LaneLoads&) = delete;
  LaneLoads& operator=(const LaneLoads&) = delete;

  /// Of the handler in force. Good until this turn ends.
  Loading& current();
  /// A request is received by the handler of current().
  void noteUse() { used_ = true; }
  bool full() const { return waiting_ >= around_.settings.load_queue; }
  /// REQUIRES: not full(), and the handler of `loading` has said kLoad. The request may be finished at once.
  void take(ActiveRequestPtr request, Loading& loading);

  /// Something has been taken that is asked for as soon as no more comes in.
  bool gathering() const;
  /// Asks for what has gathered, unless `more_events` may bring more. `serving`: there will be requests.
  void endTurn(bool more_events, bool serving);
  /// A handler that was replaced is let go of.
  void noticeHandler() { handler_.current(); }
  /// REQUIRES: nothing waits.
  void end() { loadings_.clear(); }

 private:
  void flush(bool more_events);
  void endOldLoadings(bool serving);

  LaneSurroundings& around_;
  EventLoop& events_;
  const Finish finish_;
  Snapshot<Handler>::Reader handler_;
  std::vector<std::unique_ptr<Loading>> loadings_;  // of the handler in force, last, and of those before it
  std::size_t waiting_ = 0;                         // requests with all of them
  int rounds_gathered_ = 0;
  bool used_ = false;  // something was received in this turn
};

/// The checks that one handler's loader goes on with.
class LaneLoads::Loading final : public Loader::Client {
 public:
  Loading(LaneLoads& owner, std::shared_ptr<Handler> handler);

  const std::shared_ptr<Handler>& handler() const { return handler_; }

  void concluded(Exchange& exchange) override;
  void failed(Exchange& exchange) override;

 private:
  friend class LaneLoads;

  LaneLoads& owner_;
  const std::shared_ptr<Handler> handler_;
  std::unique_ptr<Loader> loader_;  // after the handler, so that it goes first
  std::size_t waiting_ = 0;         ///< for it
  std::size_t gathered_ = 0;        ///< of those: since it was last told to ask
};

}  // namespace sessiond
