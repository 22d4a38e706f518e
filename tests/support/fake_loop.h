// FakeLoop: notes what moment somebody waits for, and says when it has come, or when there is something to read.

#pragma once

#include <new>

#include "base/event_loop.h"

namespace sessiond {

/// One waiter at a time. Not thread-safe.
class FakeLoop final : public EventLoop {
 public:
  bool watch(int, Interest, Waiter&) override { return true; }
  void unwatch(int, Waiter&) override {}
  void callAt(SteadyTime moment, Waiter& waiter) override {
    if (no_memory) throw std::bad_alloc();
    at = moment;
    waiter_ = &waiter;
  }
  void forget(Waiter&) override { at = SteadyTime::max(); }
  void event() { waiter_->onEvent(); }
  void reach() {
    at = SteadyTime::max();
    waiter_->onTime();
  }

  SteadyTime at = SteadyTime::max();
  bool no_memory = false;  ///< to wait for a moment

 private:
  Waiter* waiter_ = nullptr;
};

}  // namespace sessiond
