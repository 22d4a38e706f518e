// LimitKind: the limits on guessing passwords, by who tries (login_gate.h), and the refusal by one of them.

#pragma once

#include <chrono>
#include <string_view>

namespace sessiond {

enum class LimitKind { kDevice, kKnownPlace, kStranger, kPlace };

/// As the audit log and sessionctl have it.
std::string_view nameOf(LimitKind kind);

/// A plain value.
struct LoginRefused {
  bool unavailable = false;               ///< nobody can tell; the rest means nothing then
  LimitKind kind = LimitKind::kStranger;  ///< of the limit
  std::chrono::milliseconds wait{0};
};

}  // namespace sessiond
