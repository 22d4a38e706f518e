#include "session/store_facts_source.h"

#include <algorithm>
#include <vector>

#include "base/log.h"

namespace sessiond {

StoreFactsSource::StoreFactsSource(SessionStore& store, const FactsExtractor& extractor,
                                   std::chrono::seconds tombstone_lifetime, const HmacKey& log_names,
                                   MetricsRegistry& metrics)
    : store_(store),
      extractor_(extractor),
      tombstone_lifetime_(tombstone_lifetime),
      log_names_(log_names),
      corrupt_(metrics.counter("sessiond_corrupt_records_total",
                               "Sessions read whose stored value is no session; they are refused, not deleted.")),
      untouchable_(metrics.counter("sessiond_untouchable_records_total",
                                   "Sessions read whose cookie.originalMaxAge is no usable number; never touched.")),
      dropped_values_(metrics.counter("sessiond_identity_values_dropped_total",
                                      "Identity headers left empty: unsafe, ambiguous or beyond the budget.")),
      resurrected_(metrics.counter("sessiond_resurrected_sessions_total",
                                   "Revoked sessions that somebody stored again; they were deleted again.")) {}

std::optional<FoundSession> StoreFactsSource::peek(std::string_view, SteadyTime) {
  return std::nullopt;
}

void StoreFactsSource::load(std::span<FactsLoad> loads) {
  std::vector<SessionLoad> reads(loads.size());
  for (std::size_t i = 0; i < loads.size(); ++i) reads[i].id = loads[i].id;
  store_.load(reads);
  for (std::size_t i = 0; i < loads.size(); ++i) loads[i].found = interpret(reads[i], loads[i].cookie);
}

FoundSession StoreFactsSource::interpret(const SessionLoad& load, std::string_view cookie) {
  if (!load.result) {
    if (load.result.error() != StoreError::kCorrupt) return {};
    noteCorrupt(*load.id, "the key holds no string");
    return {Presence::kPresent, KnownSession::make(*load.id, SessionFacts(), cookie)};
  }
  const StoredSession& stored = *load.result;
  if (stored.revoked) {
    if (stored.json) buryAgain(*load.id, *stored.json);
    return {.presence = Presence::kRevoked};
  }
  if (!stored.json) return {.presence = Presence::kUnknown};
  return {.presence = Presence::kPresent, .session = extract(*load.id, *stored.json, cookie), .ttl = stored.ttl};
}

SessionRef StoreFactsSource::extract(const SessionId& id, std::string_view json, std::string_view cookie) {
  const SessionFacts facts = extractor_.extract(json);
  if (facts.state == SessionState::kCorrupt) noteCorrupt(id, "the value is no session");
  if (facts.state == SessionState::kLoggedIn && !facts.touch_ttl) untouchable_.add();
  if (facts.identity_values_dropped > 0) {
    dropped_values_.add(facts.identity_values_dropped);
    logWarn("identity: headers left empty because their values may not pass",
            {{"session", pseudonym(log_names_, id.bytes())}, {"headers", std::int64_t{facts.identity_values_dropped}}});
  }
  return KnownSession::make(id, facts, cookie);
}

void StoreFactsSource::noteCorrupt(const SessionId& id, std::string_view why) {
  corrupt_.add();
  logWarn("session: corrupt", {{"session", pseudonym(log_names_, id.bytes())}, {"why", why}});
}

/// A slow application saved its copy after the logout. The tombstone refuses it anyway; deleting the key again and
/// renewing the tombstone, for longer than that copy could live, keeps it refused however often this happens.
void StoreFactsSource::buryAgain(const SessionId& id, std::string_view json) {
  resurrected_.add();
  const std::chrono::seconds copy_lifetime = extractor_.extract(json).touch_ttl.value_or(tombstone_lifetime_);
  const bool buried = static_cast<bool>(store_.revoke(id, std::max(tombstone_lifetime_, copy_lifetime)));
  audit("resurrected",
        {{"session", pseudonym(log_names_, id.bytes())}, {"deleted", std::string_view(buried ? "yes" : "no")}});
}

}  // namespace sessiond
