#include "session/store_facts_source.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/reused.h"

namespace sessiond {

namespace {

/// Is there nothing in them that has to be counted or logged at every read?
bool isQuiet(const SessionFacts& facts) {
  const bool sound = facts.state == CheckStatus::kValid || facts.state == CheckStatus::kAnonymous;
  return sound && facts.touch_ttl && facts.identity_lost == 0;
}

/// A value beside a tombstone.
bool hasComeBack(const SessionLoad& load) {
  return load.result && load.result->revoked && load.result->json;
}

using Reads = std::vector<SessionLoad>;

void readFor(std::span<const FactsLoad> loads, Reads& reads) {
  reads.clear();
  for (const FactsLoad& load : loads) reads.push_back({.id = load.id, .wants_ttl = load.wants_ttl});
}

}  // namespace

StoreFactsSource::StoreFactsSource(SessionStore& store, const FactsExtractor& extractor,
                                   const TombstoneLifetime& tombstones, const HmacKey& log_names,
                                   MetricsRegistry& metrics)
    : store_(store),
      extractor_(extractor),
      tombstones_(tombstones),
      log_names_(log_names),
      corrupt_(metrics.counter("sessiond_corrupt_records_total",
                               "Sessions read whose stored value is no session; they are refused, not deleted.")),
      untouchable_(metrics.counter("sessiond_untouchable_records_total",
                                   "Sessions read whose cookie.originalMaxAge is no usable number; never touched.")),
      lost_identity_(extractor.identityNames(), metrics),
      resurrected_(metrics.counter("sessiond_resurrected_sessions_total",
                                   "Revoked sessions that somebody stored again; they were deleted again.")) {}

void StoreFactsSource::load(std::span<FactsLoad> loads) {
  const Reused<Reads> reads;
  readFor(loads, *reads);
  store_.load(*reads);
  for (std::size_t i = 0; i < loads.size(); ++i)
    loads[i].found = interpret((*reads)[i], loads[i].cookie, loads[i].known);
}

class StoreFactsSource::BegunLoad final : public Pending {
 public:
  BegunLoad(StoreFactsSource& source, std::span<FactsLoad> loads) : source_(source), loads_(loads) {
    readFor(loads, *reads_);
    pending_ = source.store_.beginLoad(*reads_);
  }
  bool hasBegun() const { return pending_ != nullptr; }

  int fd() const override { return pending_->fd(); }
  SteadyTime deadline() const override { return pending_->deadline(); }
  State advance() override {
    const State state = pending_->advance();
    if (state != State::kDone) return state;
    if (std::ranges::any_of(*reads_, hasComeBack)) return State::kFailed;
    for (std::size_t i = 0; i < loads_.size(); ++i) {
      loads_[i].found = source_.judge((*reads_)[i], loads_[i].cookie, loads_[i].known);
    }
    return state;
  }

 private:
  StoreFactsSource& source_;
  const std::span<FactsLoad> loads_;
  const Reused<Reads> reads_;
  std::unique_ptr<Pending> pending_;  // last: it refers to reads_
};

std::unique_ptr<Pending> StoreFactsSource::beginLoad(std::span<FactsLoad> loads) {
  auto begun = std::make_unique<BegunLoad>(*this, loads);
  if (!begun->hasBegun()) return nullptr;
  return begun;
}

FoundSession StoreFactsSource::interpret(const SessionLoad& load, std::string_view cookie, const SessionRef& known) {
  if (hasComeBack(load)) buryAgain(*load.id, *load.result);
  return judge(load, cookie, known);
}

FoundSession StoreFactsSource::judge(const SessionLoad& load, std::string_view cookie, const SessionRef& known) {
  if (!load.result) {
    if (load.result.error() != StoreError::kCorrupt) return {};
    noteCorrupt(*load.id, "the key holds no string");
    return {Presence::kPresent, KnownSession::make(*load.id, SessionFacts(), cookie)};
  }
  const StoredSession& stored = *load.result;
  if (stored.revoked) return {.presence = Presence::kRevoked};
  if (!stored.json) return {.presence = Presence::kUnknown};
  SessionRef session = read(*load.id, *stored.json, cookie, known);
  return {.presence = Presence::kPresent, .session = std::move(session), .ttl = stored.ttl};
}

SessionRef StoreFactsSource::read(const SessionId& id, std::string_view json, std::string_view cookie,
                                  const SessionRef& known) {
  const TextHash text = textHash(json);
  const bool same = known && known->text() == text && known->idBytes() == id.bytes();
  if (same && (cookie.empty() || known->cookie() == cookie)) return known;
  const SessionFacts facts = extract(id, json);
  return KnownSession::make(id, facts, cookie, isQuiet(facts) ? text : TextHash());
}

SessionFacts StoreFactsSource::extract(const SessionId& id, std::string_view json) {
  SessionFacts facts = extractor_.extract(json);
  if (facts.state == CheckStatus::kCorrupt) noteCorrupt(id, "the value is no session");
  if (facts.state == CheckStatus::kValid && !facts.touch_ttl) untouchable_.add();
  if (facts.identity_lost != 0) lost_identity_.note(facts.identity_lost, pseudonym(log_names_, id.bytes()));
  return facts;
}

void StoreFactsSource::noteCorrupt(const SessionId& id, std::string_view why) {
  corrupt_.add();
  logWarn("session: corrupt", {{"session", pseudonym(log_names_, id.bytes())}, {"why", why}});
}

/// A slow application saved its copy after the logout. The tombstone refuses it anyway; deleting the key again, with a
/// tombstone that outlives every copy of this copy, keeps it refused however often this happens.
void StoreFactsSource::buryAgain(const SessionId& id, const StoredSession& copy) {
  resurrected_.add();
  const SessionFacts facts = extractor_.extract(*copy.json);
  const bool readable = facts.state == CheckStatus::kValid || facts.state == CheckStatus::kAnonymous;
  const Expected<Burial, StoreError> buried =
      store_.revoke(id, tombstones_.of(readable ? facts.touch_ttl : tombstones_.usual_life, copy.ttl));
  audit("resurrected", {{"session", pseudonym(log_names_, id.bytes())},
                        {"deleted", std::string_view(buried ? "yes" : "no")},
                        {"tombstone", std::string_view(buried && *buried == Burial::kBuried ? "yes" : "no")}});
}

}  // namespace sessiond
