#include "session/session_policy.h"

#include "base/check.h"

namespace sessiond {
namespace {

bool isOlderThan(WallTime since, std::chrono::seconds limit, WallTime now) {
  return now - since > limit;
}

Verdict judgeLogin(const DecisionFacts& facts, const SessionPolicy& policy, std::size_t policy_index, WallTime now) {
  const bool limits_age = policy.max_auth_age.count() > 0;
  if (limits_age && (!facts.authenticated || isOlderThan(*facts.authenticated, policy.max_auth_age, now))) {
    return Verdict::kReauthenticate;
  }
  if ((facts.policies_met >> policy_index & 1) == 0) return Verdict::kForbidden;
  if (facts.required_identity_missing) return Verdict::kIdentityMissing;
  return Verdict::kAllowed;
}

Verdict nobody(const SessionPolicy& policy, Verdict otherwise) {
  return policy.require_session ? otherwise : Verdict::kAnonymousAllowed;
}

}  // namespace

Verdict judge(const DecisionFacts& facts, const SessionPolicy& policy, std::size_t policy_index,
              std::chrono::seconds absolute_timeout, WallTime now) {
  SESSIOND_CHECK(policy_index < kMaxPolicies);
  switch (facts.state) {
    case SessionState::kCorrupt:
      return Verdict::kCorrupt;
    case SessionState::kRefused:
      return Verdict::kRefused;
    case SessionState::kEmpty:
      return nobody(policy, Verdict::kEmpty);
    case SessionState::kLoggedIn:
    case SessionState::kAnonymous:
      break;
  }
  if (absolute_timeout.count() > 0 && facts.created && isOlderThan(*facts.created, absolute_timeout, now)) {
    return nobody(policy, Verdict::kExpired);
  }
  if (facts.state == SessionState::kAnonymous) return nobody(policy, Verdict::kAnonymous);
  return judgeLogin(facts, policy, policy_index, now);
}

}  // namespace sessiond
