#include "endpoints/auth/auth_check.h"

#include "base/check.h"

namespace sessiond {

namespace {

CheckStatus statusOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAllowed:
      return CheckStatus::kValid;
    case Verdict::kAnonymousAllowed:
    case Verdict::kAnonymous:
      return CheckStatus::kAnonymous;
    case Verdict::kEmpty:
      return CheckStatus::kUnknown;
    case Verdict::kRefused:
    case Verdict::kExpired:
      return CheckStatus::kExpired;
    case Verdict::kCorrupt:
      return CheckStatus::kCorrupt;
    case Verdict::kReauthenticate:
      return CheckStatus::kStale;
    case Verdict::kForbidden:
    case Verdict::kIdentityMissing:
      return CheckStatus::kForbidden;
  }
  SESSIOND_CHECK(false);
}

/// Why what was found is no session; nullopt when it is one.
std::optional<CheckStatus> absenceOf(const FoundSession& found) {
  switch (found.presence) {
    case Presence::kUnknown:
      return CheckStatus::kUnknown;
    case Presence::kRevoked:
      return CheckStatus::kRevoked;
    case Presence::kUnavailable:
      return CheckStatus::kUnavailable;
    case Presence::kPresent:
      break;
  }
  switch (found.session->facts().state) {
    case SessionState::kEmpty:
      return CheckStatus::kUnknown;
    case SessionState::kCorrupt:
      return CheckStatus::kCorrupt;
    case SessionState::kLoggedIn:
    case SessionState::kAnonymous:
    case SessionState::kRefused:
      break;
  }
  return std::nullopt;
}

/// Why this candidate leads to no session; nullopt when it does.
std::optional<CheckStatus> absenceOf(const AuthCandidate& candidate) {
  if (candidate.found) return absenceOf(*candidate.found);
  return candidate.verified ? CheckStatus::kUnavailable : candidate.failure;
}

AuthDecision judgeWinner(const AuthCheck& check, const AuthCandidate& winner, std::chrono::seconds absolute_timeout,
                         WallTime now) {
  const Verdict verdict =
      judge(winner.found->session->facts(), *check.policy, check.policy_index, absolute_timeout, now);
  AuthDecision decision;
  decision.status = statusOf(verdict);
  decision.winner = &winner;
  decision.admitted_as_nobody = verdict == Verdict::kAnonymousAllowed;
  return decision;
}

}  // namespace

bool leadsToSession(const FoundSession& found) {
  return !absenceOf(found);
}

AuthDecision decide(const AuthCheck& check, std::chrono::seconds absolute_timeout, WallTime now) {
  std::optional<CheckStatus> first_reason;
  bool corrupt = false;
  for (const AuthCandidate& candidate : check.candidates) {
    const std::optional<CheckStatus> absence = absenceOf(candidate);
    if (!absence) return judgeWinner(check, candidate, absolute_timeout, now);
    if (absence == CheckStatus::kUnavailable) return {.status = CheckStatus::kUnavailable};
    corrupt = corrupt || absence == CheckStatus::kCorrupt;
    if (!first_reason) first_reason = absence;
  }
  AuthDecision decision;
  decision.status = first_reason.value_or(CheckStatus::kMissing);
  decision.admitted_as_nobody = !check.policy->require_session && passesAsNobody(decision.status);
  decision.all_dead = check.candidates.size() > 1 && !corrupt;
  return decision;
}

}  // namespace sessiond
