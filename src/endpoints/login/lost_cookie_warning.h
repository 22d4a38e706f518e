// LostCookieWarning: tells in the log that browsers do not keep what a login gives them, which a wrong setting brings
// about: a line a minute, however many there are.

#pragma once

#include <chrono>

#include "base/clock.h"
#include "base/once_per.h"
#include "http/request.h"

namespace sessiond {

/// Thread-safe. The clock outlives it.
class LostCookieWarning {
 public:
  explicit LostCookieWarning(const Clock& clock) : clock_(clock) {}

  void warn(const Request& request) const;

 private:
  const Clock& clock_;
  mutable OncePer lines_{std::chrono::minutes(1)};
};

}  // namespace sessiond
