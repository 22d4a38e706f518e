#include "session/auth_check.h"

#include <utility>

namespace sessiond {

namespace {

/// Why what was found is no session; nullopt when it is one.
std::optional<CheckStatus> absenceOf(const FoundSession& found) {
  if (found.absence) return found.absence;
  const CheckStatus state = found.session->facts().state;
  if (state == CheckStatus::kUnknown || state == CheckStatus::kCorrupt) return state;
  return std::nullopt;
}

/// Why this candidate leads to no session; nullopt when it does.
std::optional<CheckStatus> absenceOf(const AuthCandidate& candidate) {
  if (candidate.found) return absenceOf(*candidate.found);
  return candidate.verified ? CheckStatus::kUnavailable : candidate.failure;
}

AuthDecision judgeWinner(const AuthCheck& check, const AuthCandidate& winner, std::chrono::seconds absolute_timeout,
                         WallTime now) {
  const DecisionFacts& facts = winner.found->session->facts();
  return {judge(facts, *check.policy, check.policy_index, absolute_timeout, now), &winner};
}

}  // namespace

bool AuthCandidate::verify(const CookieSigner& signer) {
  Expected<VerifiedCookie, CheckStatus> result = signer.verify(cookie);
  if (result) {
    verified = *std::move(result);
  } else {
    failure = result.error();
  }
  return verified.has_value();
}

void AuthCheck::addCandidates(const CookieValues& cookies) {
  for (const std::string_view value : cookies.values) candidates.emplace_back(value);
  if (cookies.too_many) cut = CheckStatus::kTooMany;
  if (cookies.too_large) cut = CheckStatus::kTooLarge;
}

HeaderLines AuthDecision::identity(const SessionFacts& nobody) const {
  return status == CheckStatus::kValid ? winner->found->session->identity() : HeaderLines(nobody.identity);
}

bool leadsToSession(const FoundSession& found) {
  return !absenceOf(found);
}

AuthDecision decide(const AuthCheck& check, std::chrono::seconds absolute_timeout, WallTime now) {
  std::optional<CheckStatus> first_reason;
  bool corrupt = false;
  for (const AuthCandidate& candidate : check.candidates) {
    const std::optional<CheckStatus> absence = absenceOf(candidate);
    if (!absence) return judgeWinner(check, candidate, absolute_timeout, now);
    if (absence == CheckStatus::kUnavailable) return {{.status = CheckStatus::kUnavailable}};
    corrupt = corrupt || absence == CheckStatus::kCorrupt;
    if (!first_reason) first_reason = absence;
  }
  const CheckStatus reason = check.cut.value_or(first_reason.value_or(CheckStatus::kMissing));
  AuthDecision decision{judgeNobody(reason, *check.policy)};
  decision.all_dead = check.candidates.size() > 1 && !corrupt && !check.cut;
  return decision;
}

}  // namespace sessiond
