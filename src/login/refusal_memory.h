// RefusalMemory: who was refused a moment ago, so that a flood of tries that are refused anyway costs neither Redis nor
// those who wait behind it; strangers' refusals are remembered by the user they try (stranger_memory.h). What it says
// is at most two seconds older than what the store would say. Each refusal has a lifetime of its own, so that a crowd
// that was refused together does not come back to the store together.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/random.h"
#include "login/login_limit.h"

namespace sessiond {

/// Thread-safe.
class RefusalMemory {
 public:
  static constexpr std::chrono::seconds kShortestLifetime{1};
  static constexpr std::chrono::seconds kLifetime{2};  ///< the longest
  /// More than this are not worth remembering: the memory begins anew.
  static constexpr std::size_t kMost = 4096;

  /// With what is left of the wait.
  std::optional<LoginRefused> find(const std::string& key, SteadyTime now) const {
    auto entries = entries_.lock();
    const auto found = entries->find(key);
    if (found == entries->end() || now >= found->second.forgotten_at) return std::nullopt;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(found->second.ends - now);
    return LoginRefused{.unavailable = false, .kind = found->second.kind, .wait = left};
  }
  void note(const std::string& key, const LoginRefused& refused, SteadyTime now) {
    auto entries = entries_.lock();
    if (entries->size() >= kMost) entries->clear();
    const SteadyTime ends = now + refused.wait;
    const SteadyTime forgotten_at = std::min(ends, now + lifetime());
    entries->insert_or_assign(key, Entry{.kind = refused.kind, .ends = ends, .forgotten_at = forgotten_at});
  }
  void forget(const std::string& key) { entries_.lock()->erase(key); }

 private:
  struct Entry {
    LimitKind kind;
    SteadyTime ends;  ///< of the wait
    SteadyTime forgotten_at;
  };

  static std::chrono::milliseconds lifetime() {
    constexpr milliseconds kMore = kLifetime - kShortestLifetime;
    return kShortestLifetime + milliseconds(randomBelow(static_cast<std::uint32_t>(kMore.count()) + 1));
  }

  mutable Guarded<std::unordered_map<std::string, Entry>> entries_;
};

}  // namespace sessiond
