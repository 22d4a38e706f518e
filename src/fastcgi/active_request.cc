#include "fastcgi/active_request.h"

#include <sys/socket.h>

#include <exception>

#include "base/log.h"
#include "fastcgi/lane.h"

namespace sessiond {

void recycle(ActiveRequest& request) {
  static const HeaderBlock kNone;
  request.fastcgi.abandon();
  request.exchange.request = {};
  request.exchange.response.status = 500;
  request.exchange.response.headers = kNone;
  request.exchange.response.body.clear();
  request.exchange.continuation.reset();
  request.connection = nullptr;
  request.handler.reset();
  request.keep = false;
  request.answered = false;
}

bool isLarge(const Response& response) {
  return response.headers.lines().size() + response.body.size() > kSmallAnswerBytes;
}

void turnAway(ActiveRequest& request, FastcgiMetrics& metrics) {
  metrics.overloaded.add();
  Response& response = request.exchange.response;
  response = Response(503);
  response.add("Retry-After", kRetrySoon);
  if (request.handler == nullptr) return;  // it was answered already
  try {
    request.handler->turnAway(request.exchange);
  } catch (...) {
    response = failedResponse(metrics, "turnAway");
  }
}

Response failedResponse(FastcgiMetrics& metrics, std::string_view where) {
  metrics.handler_errors.add();
  try {
    throw;
  } catch (const std::exception& error) {
    logError("fastcgi: exception while answering", {{"where", where}, {"error", error.what()}});
  } catch (...) {
    logError("fastcgi: unknown exception while answering", {{"where", where}});
  }
  return Response(500);
}

void finishAway(ActiveRequestPtr request, std::chrono::milliseconds patience, FastcgiMetrics& metrics) {
  Connection& connection = *request->connection;
  const bool written = request->fastcgi.answer(request->exchange.response, patience);
  if (!written) metrics.write_failures.add();
  const bool keep = written && request->keep;
  request.reset();
  // Only the lane may close the descriptor. Shutting it down tells the peer now and raises an event at the lane.
  if (!keep) ::shutdown(connection.fd.get(), SHUT_RDWR);
  Owner expected = Owner::kLent;
  if (!connection.owner.compare_exchange_strong(expected, Owner::kLane, std::memory_order_acq_rel)) {
    connection.lane.giveBack(connection);
  }
}

}  // namespace sessiond
