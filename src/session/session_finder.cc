#include "session/session_finder.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/check.h"
#include "http/cookie_header.h"
#include "session/resurrection.h"
#include "session/tombstone_lifetime.h"

namespace sessiond {
namespace {

/// Is there a session behind this decision? One that the policy would not let pass is one too.
bool isSession(CheckStatus status) {
  return status == CheckStatus::kValid || status == CheckStatus::kAnonymous || status == CheckStatus::kForbidden ||
         status == CheckStatus::kLost || status == CheckStatus::kIncomplete;
}

}  // namespace

SessionFinder::SessionFinder(ExtractionRules rules, const SessionFinderParts& parts)
    : parts_(parts),
      owner_(parts.session),
      extractor_(std::move(rules)),
      facts_(
          extractor_, TombstoneLifetime::from(parts.session, parts.cookie, parts.logout), parts.revoked, parts.epoch,
          parts.log_key, parts.metrics,
          [this](const SessionId& id, std::chrono::seconds lifetime) {
            revokeAgain(parts_.store, id, lifetime, parts_.log_key);
          },
          parts.stands) {}

Expected<OpenSession, CheckStatus> SessionFinder::find(const Request& request) const {
  AuthCheck check;
  check.addCandidates(findCookies(request.params, parts_.cookie.name));
  for (AuthCandidate& candidate : check.candidates) candidate.verify(parts_.signer);
  return decideOn(check);
}

Expected<OpenSession, CheckStatus> SessionFinder::find(const SessionId& id) const {
  AuthCheck check;
  check.candidates.emplace_back(std::string_view(), VerifiedCookie{.id = id, .secret = 0});
  return decideOn(check);
}

Expected<SessionRecord, CheckStatus> SessionFinder::read(const OpenSession& session) const {
  auto record = readSessionRecord(session.json, parts_.session.max_bytes, parts_.session.idle_timeout);
  if (!record) return Unexpected(record.error().status);
  dropLoginOfAnother(*record, owner_.of(record->tree.root()));
  return *std::move(record);
}

Expected<std::vector<bool>, StoreError> SessionFinder::areSessions(std::span<SessionLoad> loads) const {
  std::vector<FoundSession> found = facts_.load(parts_.store, loads, parts_.clock);
  std::vector<bool> are;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    if (!loads[i].result && loads[i].result.error() != StoreError::kCorrupt) return Unexpected(loads[i].result.error());
    AuthCheck check;
    check.policy = &anybody_;
    AuthCandidate& candidate =
        check.candidates.emplace_back(std::string_view(), VerifiedCookie{.id = *loads[i].id, .secret = 0});
    candidate.found = std::move(found[i]);
    const CheckStatus status = decide(check, parts_.session.absolute_timeout, parts_.clock.wallNow()).status;
    if (status == CheckStatus::kUnavailable) return Unexpected(StoreError::kUnavailable);
    are.push_back(isSession(status));
  }
  return are;
}

Expected<OpenSession, CheckStatus> SessionFinder::decideOn(AuthCheck& check) const {
  check.policy = &anybody_;
  std::vector<AuthCandidate*> candidates;
  for (AuthCandidate& candidate : check.candidates) {
    if (candidate.verified) candidates.push_back(&candidate);
  }
  std::vector<SessionLoad> loads(candidates.size());
  for (std::size_t i = 0; i < loads.size(); ++i) loads[i].id = &candidates[i]->verified->id;
  std::vector<FoundSession> found = facts_.load(parts_.store, loads, parts_.clock);
  for (std::size_t i = 0; i < loads.size(); ++i) candidates[i]->found = std::move(found[i]);
  const AuthDecision decision = decide(check, parts_.session.absolute_timeout, parts_.clock.wallNow());
  if (!isSession(decision.status)) return Unexpected(decision.status);
  const auto winner = std::ranges::find(candidates, decision.winner);
  SESSIOND_CHECK(winner != candidates.end());
  const SessionLoad& load = loads[static_cast<std::size_t>(winner - candidates.begin())];
  return OpenSession{.id = *load.id, .json = std::string(*load.result->json)};
}

}  // namespace sessiond
