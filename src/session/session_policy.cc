#include "session/session_policy.h"

#include "base/check.h"

namespace sessiond {
namespace {

bool isOlderThan(WallTime since, std::chrono::seconds limit, WallTime now) {
  return now - since > limit;
}

CheckStatus judgeLogin(const DecisionFacts& facts, const SessionPolicy& policy, std::size_t policy_index,
                       WallTime now) {
  const bool limits_age = policy.max_auth_age.count() > 0;
  if (limits_age && (!facts.authenticated || isOlderThan(*facts.authenticated, policy.max_auth_age, now))) {
    return CheckStatus::kStale;
  }
  if ((facts.policies_met >> policy_index & 1) == 0) return CheckStatus::kForbidden;
  if (facts.refused_identity_lost) return CheckStatus::kLost;
  if (facts.required_identity_missing) return CheckStatus::kIncomplete;
  return CheckStatus::kValid;
}

}  // namespace

Judgement judgeNobody(CheckStatus reason, const SessionPolicy& policy) {
  return {.status = reason, .admitted_as_nobody = !policy.require_session && passesAsNobody(reason)};
}

Judgement judge(const DecisionFacts& facts, const SessionPolicy& policy, std::size_t policy_index,
                std::chrono::seconds absolute_timeout, WallTime now) {
  SESSIOND_CHECK(policy_index < kMaxPolicies);
  const bool is_session = facts.state == CheckStatus::kValid || facts.state == CheckStatus::kAnonymous;
  if (is_session && absolute_timeout.count() > 0 && facts.created &&
      isOlderThan(*facts.created, absolute_timeout, now)) {
    return judgeNobody(CheckStatus::kExpired, policy);
  }
  if (facts.state != CheckStatus::kValid) return judgeNobody(facts.state, policy);
  return {.status = judgeLogin(facts, policy, policy_index, now)};
}

}  // namespace sessiond
