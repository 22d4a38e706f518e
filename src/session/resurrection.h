// A resurrection: a revoked session that was found stored again, by an application that saved its copy late, say. It is
// buried again, counted, and has a line in the audit log.

#pragma once

#include <chrono>

#include "base/crypto.h"
#include "base/expected.h"
#include "base/metrics.h"
#include "session/session_id.h"
#include "session/session_store.h"

namespace sessiond {

/// Counts copies that are met.
Counter& resurrectedSessions(MetricsRegistry& metrics);
/// Revokes a session again, which waits, and leaves a line in the audit log.
void revokeAgain(SessionStore& store, const SessionId& id, std::chrono::seconds lifetime, const HmacKey& log_names);
/// That line.
void auditResurrection(const SessionId& id, const Expected<Burial, StoreError>& buried, const HmacKey& log_names);

}  // namespace sessiond
