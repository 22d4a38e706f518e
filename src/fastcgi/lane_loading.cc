// How a lane has the session checks loaded that wait for Redis: by itself, or by a loader.

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "fastcgi/lane.h"

namespace sessiond {

namespace {

/// Answered requests that are kept, with their buffers, for the next ones.
constexpr std::size_t kMaxSpare = 128;
/// A lane that always has something to do would gather for ever.
constexpr int kRoundsToGather = 8;

}  // namespace

/// Checks to be loaded gather as long as events come in at once: a batch costs Redis and this thread a wake-up each.
bool Lane::gathering() const {
  return !to_load_.empty() && in_flight_.pending == nullptr;
}

bool Lane::gatheredEnough() {
  if (gathering()) ++rounds_gathered_;
  return rounds_gathered_ >= kRoundsToGather || to_load_.size() >= LoaderPool::kLargestBatch;
}

void Lane::flushLoads() {
  if (!gathering()) return;
  rounds_gathered_ = 0;
  if (!beginLoad()) queueLoads(to_load_);
}

bool Lane::beginLoad() {
  std::size_t count = 0;
  std::unique_ptr<Pending> pending = askHandler(count);
  if (pending == nullptr || !watch(pending->fd(), EPOLLIN, &in_flight_)) return false;
  in_flight_.fd = pending->fd();
  in_flight_.pending = std::move(pending);
  const auto end = to_load_.begin() + static_cast<std::ptrdiff_t>(count);
  in_flight_.requests.assign(std::move_iterator(to_load_.begin()), std::move_iterator(end));
  to_load_.erase(to_load_.begin(), end);
  return true;
}

/// `count`: for how many of the gathered requests. All of a batch have one handler; there are two only around a reload
/// of the configuration.
std::unique_ptr<Pending> Lane::askHandler(std::size_t& count) {
  Handler& handler = *to_load_.front()->handler;
  std::array<Exchange*, LoaderPool::kLargestBatch> exchanges;
  while (count < std::min(to_load_.size(), exchanges.size()) && to_load_[count]->handler.get() == &handler) {
    exchanges[count] = &to_load_[count]->exchange;
    ++count;
  }
  try {
    return handler.beginLoad(std::span<Exchange* const>(exchanges.data(), count));
  } catch (...) {
    failedResponse(around_.metrics, "beginLoad");
    return nullptr;
  }
}

void Lane::advanceLoad() {
  if (in_flight_.pending == nullptr) return;
  Pending::State state = Pending::State::kFailed;
  try {
    state = in_flight_.pending->advance();
  } catch (...) {
    failedResponse(around_.metrics, "advance");
  }
  if (state != Pending::State::kWaiting) endLoad(state == Pending::State::kDone);
}

/// What was not done, a loader does from the beginning.
void Lane::endLoad(bool done) {
  // Has no effect if the descriptor is closed already.
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, std::exchange(in_flight_.fd, -1), nullptr);
  in_flight_.pending.reset();
  if (!done) return queueLoads(in_flight_.requests);
  loaded_.swap(in_flight_.requests);
  for (ActiveRequestPtr& request : loaded_) finishLoad(std::move(request));
  loaded_.clear();
}

/// Leaves `requests` empty.
void Lane::queueLoads(std::vector<ActiveRequestPtr>& requests) {
  around_.loads.pushAll(requests);
  for (ActiveRequestPtr& request : requests) {
    around_.metrics.overloaded.add();
    request->exchange.response = overloadedResponse();
    const Owner before = request->connection->owner.exchange(Owner::kLane, std::memory_order_relaxed);
    answerHere(*request, before == Owner::kLentAndEvent);
  }
  requests.clear();
}

void Lane::finishLoad(ActiveRequestPtr request) {
  Connection& connection = *request->connection;
  conclude(*request);
  const bool event = connection.owner.exchange(Owner::kLane, std::memory_order_relaxed) == Owner::kLentAndEvent;
  if (isLarge(request->exchange.response)) return handOn(request, Route::kAnswered, event);
  const bool open = answerHere(*request, false);
  if (open && event) look(connection, peerHasFinished(connection));
  if (spare_.size() < kMaxSpare) spare_.push_back(std::move(request));
}

void Lane::conclude(ActiveRequest& request) {
  const std::shared_ptr<Handler> handler = std::move(request.handler);
  if (request.answered) return;
  try {
    handler->conclude(request.exchange);
  } catch (...) {
    request.exchange.response = failedResponse(around_.metrics, "conclude");
  }
  request.exchange.continuation.reset();  // while it is in the processor's cache
}

}  // namespace sessiond
