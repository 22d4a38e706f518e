#include "session/resurrection.h"

#include <string_view>

#include "base/log.h"

namespace sessiond {

Counter& resurrectedSessions(MetricsRegistry& metrics) {
  return metrics.counter("sessiond_resurrected_sessions_total",
                         "Times that a revoked session was found stored again; it was deleted again.");
}

void revokeAgain(SessionStore& store, const SessionId& id, std::chrono::seconds lifetime, const HmacKey& log_names) {
  auditResurrection(id, store.revoke(id, lifetime), log_names);
}

void auditResurrection(const SessionId& id, const Expected<Burial, StoreError>& buried, const HmacKey& log_names) {
  audit("resurrected", {{"session", pseudonym(log_names, id.bytes())},
                        {"deleted", std::string_view(buried ? "yes" : "no")},
                        {"tombstone", std::string_view(buried && *buried == Burial::kBuried ? "yes" : "no")}});
}

}  // namespace sessiond
