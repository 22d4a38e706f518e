// SessionPolicy: what a location asks of a session, and judge(), which decides.
//
// What depends on the session's content only (roles, match) is worked out when the session is loaded
// (facts_extractor.h) and kept as one bit a policy; what depends on time is decided at every check, here. Pure: the
// same facts, policy and time give the same judgement, cached or not.

#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "session/check_status.h"
#include "session/session_facts.h"

namespace sessiond {

/// A plain value.
struct SessionPolicy {
  std::string name;
  bool require_session = true;  ///< false: `require: optional`, a request without a session may pass too
  std::vector<std::string> roles_any = {};
  std::vector<std::string> roles_all = {};
  /// JSON Pointer → the scalar that must stand there, as JSON text.
  std::vector<std::pair<std::string, std::string>> match = {};
  std::chrono::seconds max_auth_age{0};  ///< 0: none
};

/// DecisionFacts has one bit a policy.
constexpr std::size_t kMaxPolicies = 64;

/// A plain value.
struct Judgement {
  CheckStatus status = CheckStatus::kMisconfigured;
  /// There is no login here, for the reason that `status` is, and the policy is content with that: send
  /// FactsExtractor::nobody().
  bool admitted_as_nobody = false;

  /// Valid, or admitted as nobody: let it pass. Nothing else is a positive decision.
  bool isGranted() const { return status == CheckStatus::kValid || admitted_as_nobody; }
};

/// The judgement about a request that leads to no login, which `reason` says.
Judgement judgeNobody(CheckStatus reason, const SessionPolicy& policy);

/// Decides on a session that exists. `policy_index` is the policy's place in ExtractionRules::policies, for which
/// the facts were extracted. absolute_timeout 0: none; a session without `created` (made by others) has none either.
///
/// `require: optional` takes what is certainly no login (passesAsNobody) for nobody.
/// Age before right: an expired session is kExpired whatever its roles, and a login that is too old may not learn
/// whether it would have been allowed.
Judgement judge(const DecisionFacts& facts, const SessionPolicy& policy, std::size_t policy_index,
                std::chrono::seconds absolute_timeout, WallTime now);

}  // namespace sessiond
