// RefusalLog: why checks were refused, for whoever has to explain a 401 or 403 (log.refusals).
//
// Strangers and their robots are refused all the time, so this must never be the place for a flood: of each window only
// so many are logged one by one; the others are summed up by status, with the first refusal after it or at the end.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/guarded.h"
#include "session/check_status.h"

namespace sessiond {

/// Thread-safe.
class RefusalLog {
 public:
  static constexpr std::size_t kSinglyInAWindow = 20;
  static constexpr std::chrono::seconds kWindow{10};

  /// `log_key` must outlive it.
  explicit RefusalLog(const HmacKey& log_key) : log_key_(log_key) {}
  ~RefusalLog();
  RefusalLog(const RefusalLog&) = delete;
  RefusalLog& operator=(const RefusalLog&) = delete;

  struct Refusal {
    CheckStatus status = CheckStatus::kMisconfigured;
    std::string_view policy;    ///< that it was checked by; empty: there is none of that name
    std::string_view location;  ///< the policy that nginx asked for; empty: the location names none
    std::string_view session;   ///< the id that a cookie was signed for; empty: none
  };
  /// Counts it. True: it is one of those that are logged one by one, and goes to write().
  bool admit(CheckStatus status, SteadyTime now);
  void write(const Refusal& refusal) const;

 private:
  struct Window {
    SteadyTime end = SteadyTime::min();
    std::size_t logged = 0;
    std::size_t left_out = 0;
    std::array<std::size_t, kCheckStatuses> by_status{};
  };
  static void sumUp(const Window& window);

  const HmacKey& log_key_;
  Guarded<Window> window_;
};

}  // namespace sessiond
