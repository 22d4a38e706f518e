// CircuitBreaker: stops asking a server that does not answer, so that its failure costs requests no time.
//
// Closed: everybody may try. After `failures` failures in a row it opens: nobody may, for a while. Then it is half
// open: one caller may try; success closes it, failure opens it again for twice as long, up to max_backoff. Each
// pause is shortened by a random part of up to half, so that many daemons do not come back in step.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

#include "base/clock.h"
#include "base/guarded.h"
#include "redis/redis_settings.h"

namespace sessiond {

/// Thread-safe. While all is well, asking and reporting success cost one relaxed load each.
class CircuitBreaker {
 public:
  /// What changed by a report, for whoever logs and counts.
  enum class Change { kNone, kOpened, kClosed };

  /// Permission to try, to be answered with succeeded() or failed(); given back unanswered, it counts as a failure,
  /// so that a probe that ended in an exception does not leave the breaker half open for ever.
  class [[nodiscard]] Attempt {
   public:
    Attempt(Attempt&& other) noexcept : breaker_(std::exchange(other.breaker_, nullptr)), is_probe_(other.is_probe_) {}
    Attempt& operator=(Attempt&&) = delete;
    ~Attempt() {
      if (breaker_ != nullptr) breaker_->reportFailure(is_probe_);
    }

    /// False: the breaker is open, do not try.
    explicit operator bool() const { return breaker_ != nullptr; }
    Change succeeded() { return std::exchange(breaker_, nullptr)->reportSuccess(); }
    Change failed() { return std::exchange(breaker_, nullptr)->reportFailure(is_probe_); }

   private:
    friend class CircuitBreaker;
    Attempt(CircuitBreaker* breaker, bool is_probe) : breaker_(breaker), is_probe_(is_probe) {}

    CircuitBreaker* breaker_;
    bool is_probe_;
  };

  /// `random_below(n)` gives a number in [0, n); n > 0.
  CircuitBreaker(const BreakerSettings& config, const Clock& clock,
                 std::function<std::uint32_t(std::uint32_t)> random_below);

  Attempt attempt();
  /// Of a try that was begun without permission while the breaker was closed: good news is always welcome. There is no
  /// such thing for bad news; whoever has them tries again with permission.
  Change reportSuccess();
  bool isOpen() const { return open_.load(std::memory_order_relaxed); }

 private:
  struct State {
    std::uint32_t failures = 0;  ///< in a row
    milliseconds backoff{};      ///< of the pause that runs or ran last; zero: closed
    SteadyTime retry_at;
    bool probing = false;
  };

  Change reportFailure(bool is_probe);
  void pause(State& state);

  const std::uint32_t failures_;
  const milliseconds min_backoff_;
  const milliseconds max_backoff_;
  const Clock& clock_;
  const std::function<std::uint32_t(std::uint32_t)> random_below_;
  std::atomic<bool> open_ = false;        // mirrors state_: a pause runs or a probe is under way
  std::atomic<bool> has_failed_ = false;  // mirrors state_: failures > 0 or open
  Guarded<State> state_;
};

}  // namespace sessiond
