#include "session/facts_reader.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "session/longest_life.h"
#include "session/resurrection.h"

namespace sessiond {

namespace {

/// Is there nothing in them that has to be counted or logged at every read?
bool isQuiet(const SessionFacts& facts) {
  const bool sound = facts.state == CheckStatus::kValid || facts.state == CheckStatus::kAnonymous;
  return sound && facts.touch_ttl && facts.identity_lost == 0;
}

std::optional<SteadyTime> endOf(std::optional<std::chrono::milliseconds> ttl, SteadyTime sent) {
  if (!ttl) return std::nullopt;
  const bool ends = *ttl < kLongestKeyLife;  // more would overflow
  return ends ? sent + *ttl : SteadyTime::max();
}

}  // namespace

FactsReader::FactsReader(const FactsExtractor& extractor, const TombstoneLifetime& tombstones,
                         const RevokedSessions& revoked, LoginEpoch& epoch, const HmacKey& log_names,
                         MetricsRegistry& metrics, Bury bury, Stands stands)
    : extractor_(extractor),
      tombstones_(tombstones),
      revoked_(revoked),
      epoch_(epoch),
      log_names_(log_names),
      bury_(std::move(bury)),
      stands_(std::move(stands)),
      corrupt_(metrics.counter("sessiond_corrupt_records_total",
                               "Sessions read whose stored value is no session; they are refused, not deleted.")),
      untouchable_(metrics.counter("sessiond_untouchable_records_total",
                                   "Sessions read whose cookie.originalMaxAge is no usable number; never touched.")),
      lost_identity_(extractor.identityNames(), metrics),
      resurrected_(resurrectedSessions(metrics)),
      disabled_(metrics.counter(
          "sessiond_disabled_user_sessions_total",
          "Sessions read that are refused because their user was removed, locked or given another password.")),
      outdated_(metrics.counter("sessiond_outdated_sessions_total",
                                "Sessions read that are refused because everybody was logged out since.")) {}

FoundSession FactsReader::read(const SessionLoad& load, SteadyTime sent, std::string_view cookie,
                               const SessionRef& known) const {
  if (!load.result) {
    if (load.result.error() != StoreError::kCorrupt) return {};
    SessionFacts facts;
    facts.damage = RecordDamage::kNoString;
    noteCorrupt(*load.id, facts.damage, sent);
    return {.absence = {}, .session = KnownSession::make(*load.id, facts, cookie)};
  }
  const StoredSession& stored = *load.result;
  if (stored.revoked || revoked_.contains(load.id->bytes())) {
    if (stored.json) buryAgain(*load.id, stored);
    return {.absence = CheckStatus::kRevoked};
  }
  if (!stored.json) return {.absence = CheckStatus::kUnknown};
  SessionRef session = recognize(*load.id, *stored.json, sent, cookie, known);
  // Looked at whenever the session is read, whatever was known of it.
  switch (standingOf(*session, load, sent)) {
    case Standing::kEnded:
      return {.absence = CheckStatus::kRevoked, .session = std::move(session)};
    case Standing::kUnknown:
      return {};
    case Standing::kNeedsUser:
      return {.absence = CheckStatus::kUnavailable, .session = std::move(session)};
    case Standing::kStands:
      break;
  }
  return {.absence = {}, .session = std::move(session), .ends = endOf(stored.ttl, sent)};
}

FactsReader::Standing FactsReader::standingOf(const KnownSession& session, const SessionLoad& load,
                                              SteadyTime sent) const {
  const DecisionFacts& facts = session.facts();
  const StoredSession& stored = *load.result;
  if (stored.epoch) epoch_.note(*stored.epoch);
  if (facts.epoch < epoch_.seen()) {
    outdated_.add();
    return Standing::kEnded;
  }
  if (facts.epoch != LoginEpoch::kNone && !stored.epoch) {
    if (epoch_log_.pass(sent))
      logError(
          "session: how often everybody was logged out cannot be read, so nobody can tell which logins still count; "
          "if the key `epoch` under sessiond.key_prefix holds something that is no number, delete it and log everybody "
          "out again; otherwise its server does not answer, or not in time");
    return Standing::kUnknown;
  }
  bool same = true;
  if (facts.keeper == UserKeeper::kFile) same = !stands_ || stands_(facts.password_tag);
  if (facts.keeper == UserKeeper::kStore) {
    if (load.user != session.login()) return Standing::kNeedsUser;
    same = stored.user_tag == facts.password_tag;
  }
  if (same) return Standing::kStands;
  disabled_.add();
  return Standing::kEnded;
}

std::vector<FoundSession> FactsReader::load(SessionStore& store, std::span<SessionLoad> loads,
                                            const Clock& clock) const {
  std::vector<FoundSession> found(loads.size());
  if (loads.empty()) return found;
  const auto ask = [&] {
    const SteadyTime sent = clock.steadyNow();
    store.load(loads);
    for (std::size_t i = 0; i < loads.size(); ++i) found[i] = read(loads[i], sent);
  };
  ask();
  std::vector<SessionRef> met;  // keeps the names
  for (std::size_t i = 0; i < loads.size(); ++i) {
    if (!found[i].needsUser()) continue;
    met.push_back(found[i].session);
    loads[i].user = met.back()->login();
  }
  if (!met.empty()) ask();
  for (SessionLoad& each : loads) each.user = {};
  return found;
}

SessionRef FactsReader::recognize(const SessionId& id, std::string_view json, SteadyTime sent, std::string_view cookie,
                                  const SessionRef& known) const {
  const TextHash text = textHash(json);
  const bool same = known && known->text() == text && known->idBytes() == id.bytes();
  if (same && (cookie.empty() || known->cookie() == cookie)) return known;
  const SessionFacts facts = extract(id, json, sent);
  SessionRef made = KnownSession::make(id, facts, cookie, isQuiet(facts) ? text : TextHash());
  if (known && known->idBytes() == id.bytes()) made->noteIndexedLike(*known);
  return made;
}

SessionFacts FactsReader::extract(const SessionId& id, std::string_view json, SteadyTime sent) const {
  SessionFacts facts = extractor_.extract(json);
  if (facts.state == CheckStatus::kCorrupt) noteCorrupt(id, facts.damage, sent);
  if (facts.state == CheckStatus::kValid && !facts.touch_ttl) untouchable_.add();
  if (facts.identity_lost != 0) lost_identity_.note(facts.identity_lost, pseudonym(log_names_, id.bytes()), sent);
  return facts;
}

void FactsReader::noteCorrupt(const SessionId& id, RecordDamage damage, SteadyTime now) const {
  corrupt_.add();
  const auto count = corrupt_log_.count(now);
  if (!count) return;
  const DamageWords words = wordsOf(damage, extractor_.maxBytes());
  logWarn("session: corrupt", {{"session", pseudonym(log_names_, id.bytes())},
                               {"why", words.meaning},
                               {"remedy", words.remedy},
                               {"count", *count}});
}

/// A slow application saved its copy after the logout. The tombstone refuses it anyway; deleting the key again, with a
/// tombstone that outlives every copy of this copy, keeps it refused however often this happens.
void FactsReader::buryAgain(const SessionId& id, const StoredSession& copy) const {
  resurrected_.add();
  const SessionFacts facts = extractor_.extract(*copy.json);
  const bool readable = facts.state == CheckStatus::kValid || facts.state == CheckStatus::kAnonymous;
  bury_(id, tombstones_.of(readable ? facts.touch_ttl : tombstones_.usual_life, copy.ttl));
}

}  // namespace sessiond
