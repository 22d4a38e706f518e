#include "session/lost_identity.h"

#include <utility>

#include "base/log.h"

namespace sessiond {

LostIdentity::LostIdentity(std::vector<std::string> names, MetricsRegistry& metrics) : names_(std::move(names)) {
  for (const std::string& name : names_) {
    counters_.push_back(&metrics.counter("sessiond_identity_values_lost_total",
                                         "Identity values that could not be sent as they stand, by header.",
                                         {{"header", name}}));
  }
}

void LostIdentity::note(IdentityHeaderBits lost, std::string_view session, SteadyTime now) {
  std::string headers;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if ((lost >> i & 1) == 0) continue;
    counters_[i]->add();
    headers += (headers.empty() ? "" : " ") + names_[i];
  }
  const auto count = log_.count(now);
  if (!count) return;
  logWarn(
      "identity: a value cannot be sent as it stands (control characters, spaces at its ends, the separator inside an "
      "entry, an object, or too large together); encode: percent or base64url passes all but the last",
      {{"headers", headers}, {"session", session}, {"count", *count}});
}

}  // namespace sessiond
