// MemoryAttemptStore: the contract of AttemptCounters and LoginMemory in memory, for unit tests. Time is the test's.

#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "login/attempt_store.h"

namespace sessiond {

/// Thread-safe.
class MemoryAttemptStore final : public AttemptCounters, public LoginMemory {
 public:
  explicit MemoryAttemptStore(const Clock& clock) : clock_(clock) {}

  Expected<Reservation, AttemptStoreError> reserve(std::string_view key, const AttemptLimit& limit) override;
  Expected<void, AttemptStoreError> giveBack(std::string_view key, const Reservation& reservation) override;
  Expected<void, AttemptStoreError> forget(std::string_view key) override;
  Expected<std::vector<std::string>, AttemptStoreError> knownPlaces(std::string_view key,
                                                                    std::chrono::seconds lifetime) override;
  Expected<void, AttemptStoreError> remember(std::string_view key, std::string_view place,
                                             std::chrono::seconds lifetime, std::uint32_t most) override;
  Expected<void, AttemptStoreError> noteFailure(std::string_view key, std::chrono::seconds lifetime) override;
  Expected<FailureNote, AttemptStoreError> takeFailures(std::string_view key) override;

  // What a test does behind the store's back.

  /// From the `calls`-th call from now on nobody can tell; -1: all is well again.
  void failAfter(int calls) {
    auto state = state_.lock();
    state->calls_left = calls;
    state->fails_once = false;
  }
  /// The `call`-th call from now on fails, and no other.
  void failOnce(int call) {
    auto state = state_.lock();
    state->calls_left = call;
    state->fails_once = true;
  }
  /// Starts anew, empty.
  void clear() {
    auto state = state_.lock();
    state->counters.clear();
    state->places.clear();
    state->failures.clear();
  }
  /// How often anything was asked.
  std::size_t calls() { return state_.lock()->calls; }
  /// Counters with a try in them.
  std::size_t counters() { return state_.lock()->counters.size(); }

 private:
  struct Window {
    std::uint32_t tries = 0;
    WallTime ends{};
  };
  struct Counter {
    std::array<Window, kMostAttemptWindows> windows;
    WallTime last{};
  };
  struct State {
    std::map<std::string, Counter, std::less<>> counters;
    std::map<std::string, std::map<std::string, WallTime, std::less<>>, std::less<>> places;
    std::map<std::string, FailureNote, std::less<>> failures;
    int calls_left = -1;
    bool fails_once = false;
    std::size_t calls = 0;
    bool fails() {
      ++calls;
      if (calls_left > 0) --calls_left;
      if (calls_left != 0) return false;
      if (fails_once) calls_left = -1;
      return true;
    }
  };

  const Clock& clock_;
  Guarded<State> state_;
};

}  // namespace sessiond
