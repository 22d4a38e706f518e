// ActiveRequest: a request from the moment it was read until its answer is written, wherever it is on its way; and
// the end of that way on a worker.

#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "fastcgi/connection.h"
#include "fastcgi/fastcgi_connection.h"
#include "fastcgi/fastcgi_metrics.h"
#include "http/handler.h"

namespace sessiond {

/// An answer up to here (status line, headers and body) is written where it was made: it fits into the socket's
/// buffer of any peer that reads its answers. Larger ones are written by workers, who may wait for the peer.
inline constexpr std::size_t kSmallAnswerBytes = 16 * 1024;

struct ActiveRequest;

/// An exchange that knows where it belongs.
struct OwnedExchange : Exchange {
  ActiveRequest* owner = nullptr;
};

/// One thread at a time touches it; it travels through queues by unique_ptr.
struct ActiveRequest {
  ActiveRequest() { exchange.owner = this; }
  ActiveRequest(const ActiveRequest&) = delete;
  ActiveRequest& operator=(const ActiveRequest&) = delete;

  FastcgiConnection fastcgi;
  OwnedExchange exchange;
  Connection* connection = nullptr;
  std::shared_ptr<Handler> handler;  ///< that received it; held only while the request is with a worker
  bool keep = false;                 ///< the web server asked to keep the connection
  bool answered = false;             ///< while away: the response is made, only the writing is left
};

using ActiveRequestPtr = std::unique_ptr<ActiveRequest>;

/// Makes the object as good as new for the next request, but keeps its buffers.
void recycle(ActiveRequest& request);

bool isLarge(const Response& response);

/// Answers and counts a request that found its queue full: 503 with Retry-After, in the handler's words where one has
/// received it.
void turnAway(ActiveRequest& request, FastcgiMetrics& metrics);

/// Counts and logs the exception that is being handled, on its way out of a handler's `where` ("receive",
/// "load", "work", "turnAway"), and makes the answer 500. REQUIRES: called in a catch block.
Response failedResponse(FastcgiMetrics& metrics, std::string_view where);

/// On a worker: writes the answer and gives the connection back to its lane. After this call the connection is not to
/// be touched by the caller.
void finishAway(ActiveRequestPtr request, std::chrono::milliseconds patience, FastcgiMetrics& metrics);

}  // namespace sessiond
