#include "endpoints/login/login_outcome.h"

#include <string>

#include "base/check.h"

namespace sessiond {

std::string_view nameOf(LoginOutcome outcome) {
  switch (outcome) {
    case LoginOutcome::kSuccess:
      return "success";
    case LoginOutcome::kUnsupportedType:
      return "unsupported_type";
    case LoginOutcome::kTooLarge:
      return "too_large";
    case LoginOutcome::kMalformed:
      return "malformed";
    case LoginOutcome::kCrossSite:
      return "cross_site";
    case LoginOutcome::kNoCookie:
      return "no_cookie";
    case LoginOutcome::kBadToken:
      return "bad_token";
    case LoginOutcome::kExpiredPage:
      return "expired";
    case LoginOutcome::kClock:
      return "clock";
    case LoginOutcome::kTooLong:
      return "too_long";
    case LoginOutcome::kThrottled:
      return "throttled";
    case LoginOutcome::kUnknownUser:
      return "unknown_user";
    case LoginOutcome::kWrongPassword:
      return "wrong_password";
    case LoginOutcome::kLocked:
      return "locked";
    case LoginOutcome::kDamagedEntry:
      return "damaged_entry";
    case LoginOutcome::kTooManySessions:
      return "too_many_sessions";
    case LoginOutcome::kUnavailable:
      return "unavailable";
  }
  return "";
}

LoginRefusal refusalOf(LoginOutcome outcome) {
  switch (outcome) {
    case LoginOutcome::kSuccess:
      break;
    case LoginOutcome::kUnsupportedType:
      return {415, "unsupported_type", "unsupported_type"};
    case LoginOutcome::kTooLarge:
      return {413, "too_large", "too_large"};
    case LoginOutcome::kMalformed:
      return {400, "malformed", "malformed"};
    case LoginOutcome::kCrossSite:
      return {403, "cross_site", "cross_site"};
    case LoginOutcome::kNoCookie:
      return {403, "no_cookie", "no_cookie"};
    case LoginOutcome::kBadToken:
    case LoginOutcome::kExpiredPage:
    case LoginOutcome::kClock:
      return {403, "bad_token", "expired"};
    case LoginOutcome::kTooLong:
      return {400, "too_long", "too_long"};
    case LoginOutcome::kThrottled:
      return {429, "too_many_tries", ""};
    case LoginOutcome::kUnknownUser:
    case LoginOutcome::kWrongPassword:
    case LoginOutcome::kLocked:
    case LoginOutcome::kDamagedEntry:
      return {401, "wrong_credentials", "wrong_credentials"};
    case LoginOutcome::kTooManySessions:
      return {409, "too_many_sessions", "too_many_sessions"};
    case LoginOutcome::kUnavailable:
      return {503, "unavailable", "busy"};
  }
  SESSIOND_CHECK(outcome != LoginOutcome::kSuccess);
  return {500, "", ""};
}

bool isCheap(LoginOutcome outcome) {
  switch (outcome) {
    case LoginOutcome::kUnsupportedType:
    case LoginOutcome::kTooLarge:
    case LoginOutcome::kMalformed:
    case LoginOutcome::kCrossSite:
    case LoginOutcome::kNoCookie:
    case LoginOutcome::kBadToken:
    case LoginOutcome::kExpiredPage:
    case LoginOutcome::kClock:
    case LoginOutcome::kTooLong:
    case LoginOutcome::kThrottled:
    case LoginOutcome::kUnavailable:
      return true;
    case LoginOutcome::kSuccess:
    case LoginOutcome::kUnknownUser:
    case LoginOutcome::kWrongPassword:
    case LoginOutcome::kLocked:
    case LoginOutcome::kDamagedEntry:
    case LoginOutcome::kTooManySessions:
      return false;
  }
  return false;
}

LoginCounters::LoginCounters(MetricsRegistry& metrics) {
  for (std::size_t i = 0; i < kLoginOutcomes; ++i) {
    counters_[i] = &metrics.counter("sessiond_logins_total", "Login attempts, by how they ended.",
                                    {{"outcome", std::string(nameOf(static_cast<LoginOutcome>(i)))}});
  }
}

}  // namespace sessiond
