// StoreFactsSource: facts straight from the session store, one round trip for all sessions of a load.
//
// Facts that are known from the same text are not extracted again, but for those that have to be counted or logged
// whenever they are read.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/crypto.h"
#include "base/metrics.h"
#include "session/facts_extractor.h"
#include "session/facts_source.h"
#include "session/lost_identity.h"
#include "session/session_store.h"
#include "session/tombstone_lifetime.h"

namespace sessiond {

/// Thread-safe; everything passed in must outlive it.
class StoreFactsSource final : public FactsSource {
 public:
  /// `tombstones`: how long that of a session which came back after it was revoked has to stand.
  /// `log_names` hashes session ids for log lines.
  StoreFactsSource(SessionStore& store, const FactsExtractor& extractor, const TombstoneLifetime& tombstones,
                   const HmacKey& log_names, MetricsRegistry& metrics);

  std::optional<FoundSession> peek(std::string_view, SteadyTime) override { return std::nullopt; }
  std::optional<FoundSession> peek(const SessionId&, SteadyTime) override { return std::nullopt; }
  void load(std::span<FactsLoad> loads) override;
  /// kFailed also when a revoked session has come back: load() revokes it again, which waits.
  std::unique_ptr<Pending> beginLoad(std::span<FactsLoad> loads) override;

  /// What a read that has been made says, for whoever needs the stored text besides. Counts, logs, and revokes again
  /// what came back after a revocation. `cookie`: see FactsLoad.
  FoundSession interpret(const SessionLoad& load, std::string_view cookie = {}, const SessionRef& known = {});

 private:
  class BegunLoad;

  /// The same without writing anything: what came back stays.
  FoundSession judge(const SessionLoad& load, std::string_view cookie, const SessionRef& known);
  /// `known`, if that is what this text was before, too.
  SessionRef read(const SessionId& id, std::string_view json, std::string_view cookie, const SessionRef& known);
  SessionFacts extract(const SessionId& id, std::string_view json);
  void noteCorrupt(const SessionId& id, std::string_view why);
  void buryAgain(const SessionId& id, const StoredSession& copy);

  SessionStore& store_;
  const FactsExtractor& extractor_;
  const TombstoneLifetime tombstones_;
  const HmacKey& log_names_;
  Counter& corrupt_;
  Counter& untouchable_;
  LostIdentity lost_identity_;
  Counter& resurrected_;
};

}  // namespace sessiond
