// TrustRealms: whose word what is in memory is believed on, where several servers share the sessions.
//
// Each server tells of its own keys only, so each is a realm of trust (cache_trust.h), known by the eras that begin
// there. A session is believed as long as the server that has it is trusted; one whose user the store keeps, as long
// as that user's server is trusted as well. How often everybody was logged out is known by having been asked lately.

#pragma once

#include <string_view>

#include "base/clock.h"
#include "session/cache_trust.h"

namespace sessiond {

/// Thread-safe. Asking takes no lock.
class TrustRealms {
 public:
  virtual ~TrustRealms() = default;

  // Null: nothing of it is believed.

  virtual const CacheTrust* ofSession(std::string_view id) const = 0;
  virtual const CacheTrust* ofUser(std::string_view login) const = 0;
  virtual const CacheTrust* at(CacheTrust::Realm realm) const = 0;
  /// Is it known how often everybody was logged out, no longer ago than what is believed may be?
  virtual bool knowsEverybody(SteadyTime now) const = 0;
  virtual std::chrono::milliseconds maxStaleness() const = 0;
};

}  // namespace sessiond
