// RefusalMemory: who was refused a moment ago, so that a flood of tries that are refused anyway costs neither Redis nor
// those who wait behind it. What it says is at most two seconds older than what the store would say. Each refusal has a
// lifetime of its own, so that a crowd that was refused together does not come back to the store together.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/guarded.h"

namespace sessiond {

enum class LoginRow { kDevice, kKnownPlace, kStranger, kPlace };
std::string_view nameOf(LoginRow row);

struct LoginRefused {
  bool unavailable = false;            ///< nobody can tell; the rest means nothing then
  LoginRow row = LoginRow::kStranger;  ///< whose limit it was
  std::chrono::milliseconds wait{0};
};

/// Thread-safe.
class RefusalMemory {
 public:
  static constexpr std::chrono::seconds kShortestLifetime{1};
  static constexpr std::chrono::seconds kLifetime{2};  ///< the longest
  /// More than this are not worth remembering: the memory begins anew.
  static constexpr std::size_t kMost = 4096;

  /// With what is left of the wait.
  std::optional<LoginRefused> find(const std::string& key, SteadyTime now) const {
    auto state = state_.lock();
    const auto found = state->entries.find(key);
    if (found == state->entries.end() || now >= found->second.forgotten_at) return std::nullopt;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(found->second.ends - now);
    return LoginRefused{.unavailable = false, .row = found->second.row, .wait = left};
  }
  void note(const std::string& key, const LoginRefused& refused, SteadyTime now) {
    auto state = state_.lock();
    if (state->entries.size() >= kMost) state->entries.clear();
    const SteadyTime ends = now + refused.wait;
    const SteadyTime forgotten_at = std::min(ends, now + lifetime(state->random));
    state->entries.insert_or_assign(key, Entry{.row = refused.row, .ends = ends, .forgotten_at = forgotten_at});
  }
  void forget(const std::string& key) { state_.lock()->entries.erase(key); }

 private:
  struct Entry {
    LoginRow row;
    SteadyTime ends;  ///< of the wait
    SteadyTime forgotten_at;
  };
  struct State {
    std::unordered_map<std::string, Entry> entries;
    std::minstd_rand random;
  };

  static std::chrono::milliseconds lifetime(std::minstd_rand& random) {
    using std::chrono::milliseconds;
    std::uniform_int_distribution<milliseconds::rep> any(milliseconds(kShortestLifetime).count(),
                                                         milliseconds(kLifetime).count());
    return milliseconds(any(random));
  }

  mutable Guarded<State> state_;
};

}  // namespace sessiond
