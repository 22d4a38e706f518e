#include "fastcgi/lane_requests.h"

#include <chrono>
#include <utility>

namespace sessiond {

namespace {

/// Answered requests that are kept, with their buffers, for the next ones.
constexpr std::size_t kMaxSpare = 128;

/// To a loader, to a worker, or until its request begins. With the mark set at once, the connection comes back for a
/// look at whether the peer is really gone.
void lend(Connection& connection, bool last) {
  connection.owner.store(last ? Owner::kLentAndEvent : Owner::kLent, std::memory_order_relaxed);
}

}  // namespace

LaneRequests::LaneRequests(LaneSurroundings& surroundings, LaneLoads& loads)
    : around_(surroundings), loads_(loads), current_(std::make_unique<ActiveRequest>()) {}

bool LaneRequests::read(Connection& connection, std::string_view bytes, const FramingResult& framing,
                        std::span<const ParamPlace> params) {
  ActiveRequest& request = *current_;
  recycle(request);
  if (!request.fastcgi.read(connection.fd, bytes, framing, params)) return false;
  request.exchange.request = request.fastcgi.request();
  request.connection = &connection;
  request.keep = framing.keep;
  current_bytes_ = framing.length;
  if (framing.role == Role::kAuthorizer && !framing.has_stdin) connection.late_stdin = framing.request_id;
  return true;
}

Whereabouts LaneRequests::receive(bool last) {
  Whereabouts where = Whereabouts::kAway;
  LaneLoads::Loading& loading = loads_.current();
  if (!loading.handler()->givesWay(current_->exchange.request)) {
    waiting_.noteCheck();
    where = receive(current_, loading, false, last);
  } else {
    Connection& connection = *current_->connection;
    if (waiting_.put(current_, current_bytes_)) {
      lend(connection, last);
    } else {
      where = receive(current_, loading, false, last);
    }
  }
  if (current_ == nullptr) current_ = spare();
  return where;
}

Whereabouts LaneRequests::begin(ActiveRequestPtr request, bool event, bool last) {
  const Whereabouts where = receive(request, loads_.current(), event, last);
  if (request != nullptr) keepSpare(std::move(request));
  return where;
}

/// Leaves `request` where it is when it has been answered.
Whereabouts LaneRequests::receive(ActiveRequestPtr& request, LaneLoads::Loading& loading, bool event, bool last) {
  loads_.noteUse();
  const Route found = route(*loading.handler(), request->exchange);
  if (found == Route::kAnswered && !isLarge(request->exchange.response)) return answer(*request, last);
  if (found != Route::kLoad) {
    if (found != Route::kAnswered) request->handler = loading.handler();
    return handOn(request, found, event, last);
  }
  if (loads_.full()) return refuse(*request, loading.handler(), last);
  lend(*request->connection, event || last);
  loads_.take(std::move(request), loading);
  return Whereabouts::kAway;
}

Route LaneRequests::route(Handler& handler, Exchange& exchange) {
  try {
    return handler.receive(exchange);
  } catch (...) {
    exchange.response = failedResponse(around_.metrics, "receive");
    return Route::kAnswered;
  }
}

/// To a worker; with kAnswered, to one that has the patience to write the answer. Leaves `request` where it is when
/// there is no room.
Whereabouts LaneRequests::handOn(ActiveRequestPtr& request, Route route, bool event, bool last) {
  Connection& connection = *request->connection;
  request->answered = route == Route::kAnswered;
  lend(connection, event || last);
  const bool stranger = route == Route::kPassword;
  RequestQueue& queue = stranger || route == Route::kReturning ? around_.passwords : around_.works;
  // However many strangers try, half of the places are for devices and networks that have logged in before.
  if (queue.push(request, stranger ? around_.settings.password_queue / 2 : 0)) return Whereabouts::kAway;
  connection.owner.store(Owner::kLane, std::memory_order_relaxed);
  return refuse(*request, request->handler, last);
}

/// 503, in the words of `handler`.
Whereabouts LaneRequests::refuse(ActiveRequest& request, const std::shared_ptr<Handler>& handler, bool last) {
  request.handler = handler;
  turnAway(request, around_.metrics);
  const Whereabouts where = answer(request, last);
  request.handler.reset();  // of a configuration that may be replaced before this lane's next request
  return where;
}

Whereabouts LaneRequests::finish(ActiveRequestPtr request, bool event, bool last) {
  if (isLarge(request->exchange.response)) return handOn(request, Route::kAnswered, event, last);
  const Whereabouts where = answer(*request, last);
  keepSpare(std::move(request));
  return where;
}

Whereabouts LaneRequests::answer(ActiveRequest& request, bool last) {
  const bool written = request.fastcgi.answer(request.exchange.response, std::chrono::milliseconds(0));
  if (!written) around_.metrics.write_failures.add();
  return written && request.keep && !last ? Whereabouts::kHere : Whereabouts::kUseless;
}

void LaneRequests::keepSpare(ActiveRequestPtr request) {
  if (spare_.size() < kMaxSpare) spare_.push_back(std::move(request));
}

ActiveRequestPtr LaneRequests::spare() {
  if (spare_.empty()) return std::make_unique<ActiveRequest>();
  ActiveRequestPtr request = std::move(spare_.back());
  spare_.pop_back();
  return request;
}

}  // namespace sessiond
