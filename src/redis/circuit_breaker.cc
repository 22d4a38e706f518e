#include "redis/circuit_breaker.h"

#include <algorithm>

namespace sessiond {

CircuitBreaker::CircuitBreaker(const BreakerSettings& config, const Clock& clock,
                               std::function<std::uint32_t(std::uint32_t)> random_below)
    : failures_(std::max(config.failures, 1U)),
      min_backoff_(std::max(config.min_backoff, milliseconds(1))),
      max_backoff_(std::max(config.max_backoff, min_backoff_)),
      clock_(clock),
      random_below_(std::move(random_below)) {}

CircuitBreaker::Attempt CircuitBreaker::attempt() {
  if (!open_.load(std::memory_order_relaxed)) return Attempt(this, false);
  auto state = state_.lock();
  if (state->backoff == milliseconds::zero()) return Attempt(this, false);
  if (state->probing || clock_.steadyNow() < state->retry_at) return Attempt(nullptr, false);
  state->probing = true;
  return Attempt(this, true);
}

CircuitBreaker::Change CircuitBreaker::reportSuccess() {
  if (!has_failed_.load(std::memory_order_relaxed)) return Change::kNone;
  auto state = state_.lock();
  const bool was_open = state->backoff != milliseconds::zero();
  *state = State{};
  open_.store(false, std::memory_order_relaxed);
  has_failed_.store(false, std::memory_order_relaxed);
  return was_open ? Change::kClosed : Change::kNone;
}

CircuitBreaker::Change CircuitBreaker::reportFailure(bool is_probe) {
  auto state = state_.lock();
  has_failed_.store(true, std::memory_order_relaxed);
  if (state->backoff != milliseconds::zero()) {
    // An attempt that began before the breaker opened says nothing new; only the probe decides.
    if (is_probe) pause(*state);
    return Change::kNone;
  }
  if (++state->failures < failures_) return Change::kNone;
  pause(*state);
  open_.store(true, std::memory_order_relaxed);
  return Change::kOpened;
}

void CircuitBreaker::pause(State& state) {
  state.probing = false;
  state.backoff = std::clamp(state.backoff * 2, min_backoff_, max_backoff_);
  const auto half = static_cast<std::uint32_t>(state.backoff.count() / 2);
  state.retry_at = clock_.steadyNow() + state.backoff - milliseconds(random_below_(half + 1));
}

}  // namespace sessiond
