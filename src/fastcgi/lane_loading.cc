// How a lane has the session checks go on that wait for Redis: by the loader of the handler that received them.

#include <algorithm>
#include <utility>

#include "fastcgi/lane.h"

namespace sessiond {

namespace {

/// Answered requests that are kept, with their buffers, for the next ones.
constexpr std::size_t kMaxSpare = 128;
/// A lane that always has something to do would gather for ever.
constexpr int kRoundsToGather = 8;
constexpr std::size_t kEnough = 64;

}  // namespace

/// The loading of the handler in force. Those of handlers before it end when nothing is on its way there any more.
Lane::Loading& Lane::currentLoading() {
  const std::shared_ptr<Handler>& handler = handler_.current();
  if (loadings_.empty() || loadings_.back()->handler != handler) {
    auto loading = std::make_unique<Loading>(*this, handler);
    loading->loader = handler->makeLoader(events_, *loading);
    loadings_.push_back(std::move(loading));
  }
  return *loadings_.back();
}

void Lane::endOldLoadings() {
  const bool serving = phase_ < LanePhase::kDraining;
  if (serving) currentLoading();  // also where nothing is received: the handler before it is let go of
  const auto last = serving ? loadings_.end() - 1 : loadings_.end();
  const auto ended = std::remove_if(loadings_.begin(), last,
                                    [](const auto& one) { return one->waiting == 0 && !one->loader->busy(); });
  loadings_.erase(ended, last);
}

/// Checks to be loaded gather as long as events come in at once: a batch costs Redis and this thread a wake-up each.
bool Lane::gathering() const {
  return std::ranges::any_of(loadings_, [](const auto& one) { return one->gathered > 0 && !one->loader->busy(); });
}

void Lane::flushLoads(bool more_events) {
  if (!gathering()) return;
  ++rounds_gathered_;
  const bool enough = std::ranges::any_of(loadings_, [](const auto& one) { return one->gathered >= kEnough; });
  if (more_events && rounds_gathered_ < kRoundsToGather && !enough) return;
  rounds_gathered_ = 0;
  // Whoever is answered may have sent the next request already, and that one may begin a loading.
  // NOLINTNEXTLINE(modernize-loop-convert)
  for (std::size_t i = 0; i < loadings_.size(); ++i) {
    loadings_[i]->gathered = 0;
    loadings_[i]->loader->flush();
  }
}

/// Leaves `request` where it is when there is no room.
void Lane::load(ActiveRequestPtr& request, Loading& loading) {
  if (waiting_ >= around_.options.load_queue) {
    Connection& connection = *request->connection;
    const Owner before = connection.owner.exchange(Owner::kLane, std::memory_order_relaxed);
    request->handler = loading.handler;
    turnAway(*request, around_.metrics);
    answerHere(*request, before == Owner::kLentAndEvent);
    request->handler.reset();
    return;
  }
  ++waiting_;
  ++loading.waiting;
  ++loading.gathered;
  Exchange& exchange = request.release()->exchange;  // given back to Loading
  try {
    loading.loader->load(exchange);
  } catch (...) {
    loading.failed(exchange);
  }
}

void Lane::Loading::concluded(Exchange& exchange) {
  ActiveRequestPtr request(static_cast<OwnedExchange&>(exchange).owner);
  --waiting;
  --lane.waiting_;
  request->exchange.continuation.reset();  // while it is in the processor's cache
  lane.finishLoad(std::move(request));
}

void Lane::Loading::failed(Exchange& exchange) {
  exchange.response = failedResponse(lane.around_.metrics, "load");
  concluded(exchange);
}

void Lane::finishLoad(ActiveRequestPtr request) {
  Connection& connection = *request->connection;
  const bool event = connection.owner.exchange(Owner::kLane, std::memory_order_relaxed) == Owner::kLentAndEvent;
  if (isLarge(request->exchange.response)) return handOn(request, Route::kAnswered, event);
  const bool open = answerHere(*request, false);
  if (spare_.size() < kMaxSpare) spare_.push_back(std::move(request));
  if (open && event) look(connection, peerHasFinished(connection));
}

}  // namespace sessiond
