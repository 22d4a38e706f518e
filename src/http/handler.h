// Handler: what the FastCGI room calls for every request, and the only thing it knows of the rooms above.
//
// A request is received on a lane, which must never wait. A session check that has to ask Redis goes on on its lane, by
// the handler's loader for that lane, whenever Redis has answered something. Whatever may take long (logout, pages and
// so on) goes to a worker, and what computes password hashes to a worker of another kind, so that no number of logins
// keeps anything else waiting. On the lane itself checks come first, whatever else has arrived at the same time.

#pragma once

#include <cstdint>
#include <memory>

#include "base/event_loop.h"
#include "http/request.h"
#include "http/response.h"

namespace sessiond {

/// What receive() found out and the loader goes on from (verified cookies, the policy, the settings). May be destroyed
/// after its handler.
class Continuation {
 public:
  virtual ~Continuation() = default;
};

/// One request on its way through the threads. Owned by its connection; one thread at a time touches it.
struct Exchange {
  Request request;
  Response response;
  std::unique_ptr<Continuation> continuation;
};

enum class Route : std::uint8_t {
  kAnswered,   ///< `response` is complete
  kLoad,       ///< to the lane's loader
  kWork,       ///< to a worker
  kPassword,   ///< to a worker for passwords: it may take all of a processor's core for a second
  kReturning,  ///< the same, from a device or network that the user has logged in from before
};

/// Goes on with exchanges that lack something, without waiting for it. Of one lane's thread, and of one handler.
class Loader {
 public:
  /// To whom an exchange is given back, once, when its response is complete.
  class Client {
   public:
    virtual void concluded(Exchange& exchange) = 0;
    /// The same with an exception that is being handled: 500. REQUIRES: called in a catch block.
    virtual void failed(Exchange& exchange) = 0;

   protected:
    ~Client() = default;
  };

  virtual ~Loader() = default;
  /// Takes an exchange that receive() said kLoad of; it stays where it is. Nothing is given back meanwhile.
  virtual void load(Exchange& exchange) = 0;
  /// No more come in at this moment: what has gathered is asked for. May give exchanges back.
  virtual void flush() = 0;
  /// Something is being asked for. What is taken meanwhile follows by itself.
  virtual bool busy() const = 0;
  /// Requests have been received on this lane.
  virtual void noteUse() = 0;
};

/// Thread-safe: all threads call the same object. May throw; the FastCGI room answers 500 then.
class Handler {
 public:
  virtual ~Handler() = default;
  /// On a lane, before receive(): is it to begin after the session checks that have come by then? So is whatever the
  /// lane answers by itself and is no check. Costs next to nothing.
  virtual bool givesWay(const Request& request) const noexcept = 0;
  /// On a lane. Never waits: no Redis, no file, no password hash, no lock that is held long.
  virtual Route receive(Exchange& exchange) = 0;
  /// On a lane, for its own use. It ends before the handler, the loop and the client.
  virtual std::unique_ptr<Loader> makeLoader(EventLoop& loop, Loader::Client& client) = 0;
  /// On a worker. Fills in the response.
  virtual void work(Exchange& exchange) = 0;
  /// Instead of work(), for a request that found its queue full: fills in the response, a 503 with Retry-After that is
  /// there already. Never waits.
  virtual void turnAway(Exchange& exchange) = 0;
};

}  // namespace sessiond
