#include "fastcgi/lane_loads.h"

#include <algorithm>
#include <utility>

namespace sessiond {

namespace {

/// A lane that always has something to do would gather for ever.
constexpr int kRoundsToGather = 8;
constexpr std::size_t kEnough = 64;

}  // namespace

LaneLoads::LaneLoads(LaneSurroundings& surroundings, EventLoop& events, Finish finish)
    : around_(surroundings), events_(events), finish_(std::move(finish)), handler_(surroundings.handlers) {}

LaneLoads::~LaneLoads() = default;

LaneLoads::Loading& LaneLoads::current() {
  const std::shared_ptr<Handler>& handler = handler_.current();
  if (loadings_.empty() || loadings_.back()->handler_ != handler) {
    auto loading = std::make_unique<Loading>(*this, handler);
    loading->loader_ = handler->makeLoader(events_, *loading);
    loadings_.push_back(std::move(loading));
  }
  return *loadings_.back();
}

void LaneLoads::take(ActiveRequestPtr request, Loading& loading) {
  ++waiting_;
  ++loading.waiting_;
  ++loading.gathered_;
  Exchange& exchange = request.release()->exchange;  // given back to Loading
  try {
    loading.loader_->load(exchange);
  } catch (...) {
    loading.failed(exchange);
  }
}

/// A batch costs Redis and this thread a wake-up each.
bool LaneLoads::gathering() const {
  return std::ranges::any_of(loadings_, [](const auto& one) { return one->gathered_ > 0 && !one->loader_->busy(); });
}

void LaneLoads::endTurn(bool more_events, bool serving) {
  flush(more_events);
  if (std::exchange(used_, false)) loadings_.back()->loader_->noteUse();
  endOldLoadings(serving);
}

void LaneLoads::flush(bool more_events) {
  if (!gathering()) return;
  ++rounds_gathered_;
  const bool enough = std::ranges::any_of(loadings_, [](const auto& one) { return one->gathered_ >= kEnough; });
  if (more_events && rounds_gathered_ < kRoundsToGather && !enough) return;
  rounds_gathered_ = 0;
  // Whoever is answered may have sent the next request already, and that one may begin a loading.
  // NOLINTNEXTLINE(modernize-loop-convert)
  for (std::size_t i = 0; i < loadings_.size(); ++i) {
    loadings_[i]->gathered_ = 0;
    loadings_[i]->loader_->flush();
  }
}

void LaneLoads::endOldLoadings(bool serving) {
  if (serving) current();  // also where nothing is received: the handler before it is let go of
  const auto last = serving ? loadings_.end() - 1 : loadings_.end();
  const auto ended = std::remove_if(loadings_.begin(), last,
                                    [](const auto& one) { return one->waiting_ == 0 && !one->loader_->busy(); });
  loadings_.erase(ended, last);
}

LaneLoads::Loading::Loading(LaneLoads& owner, std::shared_ptr<Handler> handler)
    : owner_(owner), handler_(std::move(handler)) {}

void LaneLoads::Loading::concluded(Exchange& exchange) {
  ActiveRequestPtr request(static_cast<OwnedExchange&>(exchange).owner);
  --waiting_;
  --owner_.waiting_;
  request->exchange.continuation.reset();  // while it is in the processor's cache
  owner_.finish_(std::move(request));
}

void LaneLoads::Loading::failed(Exchange& exchange) {
  exchange.response = failedResponse(owner_.around_.metrics, "load");
  concluded(exchange);
}

}  // namespace sessiond
