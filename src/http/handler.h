// Handler: what the FastCGI room calls for every request, and the only thing it knows of the rooms above.
//
// A request is received on a lane, which must never wait. A session check that has to ask Redis is loaded, many at a
// time, so that they share one pipeline: by the lane if that can begin without waiting, else by a loader; and it is
// answered on its lane. Whatever may take long (logout, pages and so on) goes to a worker, and what computes password
// hashes to a worker of another kind, so that no number of logins keeps anything else waiting.

#pragma once

#include <memory>
#include <span>

#include "base/pending.h"
#include "http/request.h"
#include "http/response.h"

namespace sessiond {

/// What receive() found out and load() or work() goes on from (verified cookies, the policy, the settings). May be
/// destroyed after its handler.
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

enum class Route {
  kAnswered,  ///< `response` is complete
  kLoad,      ///< to be loaded, then concluded
  kWork,      ///< to a worker
  kPassword,  ///< to a worker for passwords: it may take all of a processor's core for a second
};

/// Thread-safe: all threads call the same object. May throw; the FastCGI room answers 500 then.
class Handler {
 public:
  virtual ~Handler() = default;
  /// On a lane. Never waits: no Redis, no file, no password hash, no lock that is held long.
  virtual Route receive(Exchange& exchange) = 0;
  /// On the lane. Begins what load() does, as far as that can be done without waiting; nullptr when it cannot be, and
  /// load() has to do it. The exchanges stay where they are until what is pending has ended or is destroyed. After
  /// kDone they can be concluded; after kFailed, or after its deadline, load() is to be called for them, on a loader.
  virtual std::unique_ptr<Pending> beginLoad(std::span<Exchange* const> batch) = 0;
  /// On a loader. Gets what the exchanges of the batch lack (1 to 64, all of them received by this very object).
  /// Waits for Redis at most as long as its budget.
  virtual void load(std::span<Exchange* const> batch) = 0;
  /// On the lane again, after load(). Fills in the response. Never waits.
  virtual void conclude(Exchange& exchange) = 0;
  /// On a worker. Fills in the response.
  virtual void work(Exchange& exchange) = 0;
};

}  // namespace sessiond
