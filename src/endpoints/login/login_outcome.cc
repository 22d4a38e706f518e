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
      return {415, "unsupported_type", "The login takes a form or JSON."};
    case LoginOutcome::kTooLarge:
      return {413, "too_large", "That was too much text for a name and a password."};
    case LoginOutcome::kMalformed:
      return {400, "malformed", "The form did not arrive whole. Please try again."};
    case LoginOutcome::kCrossSite:
      return {403, "cross_site", "This login was started by another site. Please log in here."};
    case LoginOutcome::kNoCookie:
      return {403, "no_cookie",
              "Your browser did not send back our cookie. Allow cookies for this site, then try again."};
    case LoginOutcome::kBadToken:
    case LoginOutcome::kExpiredPage:
    case LoginOutcome::kClock:
      return {403, "bad_token", "This page was open for a long time. Nothing is lost: enter your password again."};
    case LoginOutcome::kThrottled:
      return {429, "too_many_tries", "There were too many wrong tries for this name or from this network."};
    case LoginOutcome::kUnknownUser:
    case LoginOutcome::kWrongPassword:
    case LoginOutcome::kLocked:
    case LoginOutcome::kDamagedEntry:
      return {401, "wrong_credentials", "Name or password is wrong."};
    case LoginOutcome::kUnavailable:
      return {503, "unavailable", "Logging in is not possible right now. Please try again in a moment."};
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
    case LoginOutcome::kThrottled:
      return true;
    case LoginOutcome::kSuccess:
    case LoginOutcome::kUnknownUser:
    case LoginOutcome::kWrongPassword:
    case LoginOutcome::kLocked:
    case LoginOutcome::kDamagedEntry:
    case LoginOutcome::kUnavailable:
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
