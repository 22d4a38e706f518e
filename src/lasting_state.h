// LastingState: what a reload must not forget, though all else of the old configuration goes.

#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "login/settled_logins.h"
#include "redis/learned_nodes.h"
#include "session/late_touches.h"
#include "session/live_caches.h"
#include "session/login_epoch.h"
#include "session/revoked_sessions.h"
#include "session/withdrawn_logins.h"

namespace sessiond {

/// Thread-safe. Outlives every application. Session ids are random: with another key prefix, or in another Redis, they
/// find nothing. A counter is there as well as here.
struct LastingState {
  LastingState(const Clock& clock, MetricsRegistry& metrics) : revoked(clock, metrics), withdrawn(clock) {}

  RevokedSessions revoked;
  LoginEpochs epochs;  ///< by server and key
  LateTouches late_touches;
  LiveCaches caches;
  LearnedNodes nodes;  ///< by target
  SettledLogins settled;
  WithdrawnLogins withdrawn;
};

}  // namespace sessiond
