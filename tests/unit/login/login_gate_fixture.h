// LoginGateTest: a gate with the limits as they are installed, and who tries.

#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include "login/login_gate.h"
#include "support/fake_clock.h"
#include "support/memory_attempt_store.h"

namespace sessiond {

class LoginGateTest : public testing::Test {
 protected:
  /// A wrong password: "failed", or which limit refused it and for how long.
  std::string fail(const LoginVisitor& visitor) {
    const auto pass = gate_.enter(visitor);
    if (pass) {
      gate_.failed(*pass);
      return "failed";
    }
    if (pass.error().unavailable) return "unavailable";
    return std::string(nameOf(pass.error().kind)) + " " +
           std::to_string(std::chrono::ceil<std::chrono::seconds>(pass.error().wait).count()) + "s";
  }
  int failuresOf(const LoginVisitor& visitor, int tries) {
    int let_in = 0;
    for (int i = 0; i < tries; ++i) let_in += fail(visitor) == "failed" ? 1 : 0;
    return let_in;
  }
  /// The right password; nullopt when it was refused.
  std::optional<FailureNote> succeed(const LoginVisitor& visitor) {
    const auto pass = gate_.enter(visitor);
    if (!pass) return std::nullopt;
    return gate_.succeeded(*pass);
  }

  FakeClock clock_;
  MemoryAttemptStore store_{clock_};
  const Secret secret_{std::string("a secret of the site's")};
  LoginGate gate_{LoginGateSettings{}, secret_, store_, store_, clock_};

  const LoginVisitor stranger_{.user = "ada", .place = "198.51.100.0/24", .device = ""};
  const LoginVisitor device_{.user = "ada", .place = "203.0.113.0/24", .device = "phone"};
  const LoginVisitor office_{.user = "ada", .place = "192.0.2.0/24", .device = ""};
};

}  // namespace sessiond
