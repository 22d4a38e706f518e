// ScriptedPending: something pending whose states a test has chosen.

#pragma once

#include <functional>
#include <utility>

#include "base/pending.h"

namespace sessiond {

/// Not thread-safe.
class ScriptedPending final : public Pending {
 public:
  /// `on_advance` is asked at each advance().
  explicit ScriptedPending(std::function<State()> on_advance) : on_advance_(std::move(on_advance)) {}

  int fd() const override { return 42; }
  SteadyTime deadline() const override { return SteadyTime(std::chrono::seconds(42)); }
  State advance() override { return on_advance_(); }

 private:
  const std::function<State()> on_advance_;
};

}  // namespace sessiond
