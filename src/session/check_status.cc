#include "session/check_status.h"

#include <string>

#include "base/check.h"

namespace sessiond {

int refusalCode(CheckStatus status) {
  switch (status) {
    case CheckStatus::kMissing:
    case CheckStatus::kMalformed:
    case CheckStatus::kForged:
    case CheckStatus::kTooMany:
    case CheckStatus::kTooLarge:
    case CheckStatus::kUnknown:
    case CheckStatus::kExpired:
    case CheckStatus::kRevoked:
    case CheckStatus::kAnonymous:
    case CheckStatus::kCorrupt:
    case CheckStatus::kStale:
      return 401;
    case CheckStatus::kForbidden:
    case CheckStatus::kLost:
    case CheckStatus::kIncomplete:
    case CheckStatus::kMisconfigured:
      return 403;
    case CheckStatus::kUnavailable:
      return 503;
    case CheckStatus::kValid:
      break;
  }
  SESSIOND_CHECK(status != CheckStatus::kValid);
  return 500;
}

bool passesAsNobody(CheckStatus status) {
  switch (status) {
    case CheckStatus::kMissing:
    case CheckStatus::kMalformed:
    case CheckStatus::kForged:
    case CheckStatus::kTooMany:
    case CheckStatus::kTooLarge:
    case CheckStatus::kUnknown:
    case CheckStatus::kExpired:
    case CheckStatus::kRevoked:
    case CheckStatus::kAnonymous:
    case CheckStatus::kCorrupt:
      return true;
    case CheckStatus::kValid:
    case CheckStatus::kStale:
    case CheckStatus::kForbidden:
    case CheckStatus::kLost:
    case CheckStatus::kIncomplete:
    case CheckStatus::kUnavailable:
    case CheckStatus::kMisconfigured:
      return false;
  }
  SESSIOND_CHECK(false);
}

bool wasCut(CheckStatus status) {
  switch (status) {
    case CheckStatus::kTooMany:
    case CheckStatus::kTooLarge:
      return true;
    case CheckStatus::kValid:
    case CheckStatus::kMissing:
    case CheckStatus::kMalformed:
    case CheckStatus::kForged:
    case CheckStatus::kUnknown:
    case CheckStatus::kExpired:
    case CheckStatus::kRevoked:
    case CheckStatus::kAnonymous:
    case CheckStatus::kCorrupt:
    case CheckStatus::kStale:
    case CheckStatus::kForbidden:
    case CheckStatus::kLost:
    case CheckStatus::kIncomplete:
    case CheckStatus::kUnavailable:
    case CheckStatus::kMisconfigured:
      return false;
  }
  SESSIOND_CHECK(false);
}

CheckCounters::CheckCounters(MetricsRegistry& metrics) {
  for (std::size_t i = 0; i < kCheckStatuses; ++i) {
    counters_[i] = &metrics.counter("sessiond_checks_total", "Session checks by outcome.",
                                    {{"outcome", std::string(nameOf(static_cast<CheckStatus>(i)))}});
  }
}

}  // namespace sessiond
