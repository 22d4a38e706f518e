// What of the gate in front of every password can be set.

#pragma once

#include <chrono>
#include <cstdint>

namespace sessiond {

/// The defaults keep the limits of NIST SP 800-63B-4 §3.2.2 and OWASP ASVS 5.0 6.3.1.
struct LoginGateSettings {
  std::uint32_t device_failures = 10;  ///< of one user on one device, in device_window
  std::chrono::milliseconds device_window = std::chrono::minutes(15);
  std::uint32_t known_place_failures = 10;  ///< of one user at one known place, in known_place_window
  std::chrono::milliseconds known_place_window = std::chrono::minutes(15);
  std::uint32_t stranger_free = 5;  ///< of one user, all strangers together, before they have to wait
  std::chrono::milliseconds stranger_first_wait = std::chrono::seconds(30);
  std::chrono::milliseconds stranger_longest_wait = std::chrono::hours(1);
  std::uint32_t stranger_failures = 100;  ///< of one user, all strangers together, in stranger_window
  std::chrono::milliseconds stranger_window = std::chrono::hours(24);
  std::uint32_t place_failures = 50;  ///< of strangers at one place, all users together, in place_window
  std::chrono::milliseconds place_window = std::chrono::minutes(10);
  std::uint32_t place_daily_failures = 300;
};

}  // namespace sessiond
